//! A checkpoint takes CSV one day, Parquet the next and JSON lines the third: a key is the same key in all of them.

use super::sessions;
use super::write::{plain_file, table, texts};
use crate::support::{Folder, SessionRow};
use arrow_array::{ArrayRef, Int64Array, TimestampMillisecondArray};
use std::sync::Arc;

const RULES: [&str; 5] =
    ["--key=user,shop", "--time=at", "--agg=sum(amount)", "--agg=list(page)", "--gap=30m"];

/// Rows of a day: user, shop, minutes after its begin, amount, page.
type Rows = [(i64, &'static str, i64, &'static str, &'static str)];

/// The second session of 17 goes on over all days.
const DAYS: [&Rows; 3] = [
    &[(17, "a", 0, "1.5", "home"), (8, "a", 3, "", ""), (17, "a", 1_430, "2", "x,y")],
    &[(17, "a", 5, "0.25", "\"q\""), (17, "b", 6, "1", "home"), (17, "a", 1_420, "1", "late")],
    &[(17, "a", 2, "3", "end"), (8, "a", 900, "4", "bye")],
];

const DAY_MS: i64 = 86_400_000;
const FIRST_DAY_MS: i64 = 1_577_836_800_000;

fn ms(day: usize, minutes: i64) -> i64 {
    FIRST_DAY_MS + i64::try_from(day).unwrap() * DAY_MS + minutes * 60_000
}

fn csv(day: usize) -> Vec<u8> {
    let rows = DAYS[day].iter().map(|(user, shop, minutes, amount, page)| {
        format!("{user},{shop},{},{amount},\"{}\"\n", ms(day, *minutes), page.replace('"', "\"\""))
    });
    format!("user,shop,at,amount,page\n{}", rows.collect::<String>()).into_bytes()
}

fn json(day: usize) -> Vec<u8> {
    let rows = DAYS[day].iter().map(|(user, shop, minutes, amount, page)| {
        let amount: serde_json::Value = serde_json::from_str(amount).unwrap_or_default();
        let page = Some(page).filter(|page| !page.is_empty());
        let row = serde_json::json!({"page": page, "user": user, "shop": shop, "at": ms(day, *minutes), "amount": amount});
        format!("{row}\n")
    });
    rows.collect::<String>().into_bytes()
}

fn parquet(day: usize) -> Vec<u8> {
    let rows = DAYS[day];
    let times = rows.iter().map(|row| ms(day, row.2));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("page", texts(rows.iter().map(|row| row.4))),
        ("at", Arc::new(TimestampMillisecondArray::from_iter_values(times).with_timezone("UTC"))),
        ("user", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0)))),
        ("shop", texts(rows.iter().map(|row| row.1))),
        ("amount", texts(rows.iter().map(|row| row.3))),
    ];
    plain_file(&table(columns))
}

fn take_in(formats: [fn(usize) -> Vec<u8>; 3]) -> Vec<SessionRow> {
    let folder = Folder::in_memory();
    for (day, content) in formats.into_iter().enumerate() {
        folder.write(&format!("{day}.log"), content(day));
    }
    for day in ["0.log", "1.log"] {
        folder.sessionize(&[&["run", "--batch", day], &RULES[..]].concat()).expect_code(0);
    }
    sessions(&folder, &[&["--batch", "2.log"], &RULES[..]].concat())
}

#[test]
fn the_format_of_a_day_makes_no_difference() {
    let expected = take_in([csv, csv, csv]);
    assert_eq!(expected.len(), 6);
    let formats: [fn(usize) -> Vec<u8>; 3] = [csv, json, parquet];
    for first in formats {
        for second in formats {
            for third in formats {
                let found = take_in([first, second, third]);
                assert_eq!(found, expected);
            }
        }
    }
}
