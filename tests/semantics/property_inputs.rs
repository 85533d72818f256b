//! However the columns of an event are written, its sessions are those of the oracle, for every cut into batches: numbers with a
//! decimal comma, a time in several columns or partly in the path, keys that lack a part.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use crate::oracle::rules::{RuledEvent, sessions};
use crate::property_rules::ruled_stream::{Drawn, drawn, rows, values};
use crate::property_rules::{expected, found, row, sorted};
use crate::support::Folder;
use proptest::prelude::*;
use proptest::sample::select;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Where the time of a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    /// Seconds since 1970, in one column.
    Number,
    /// A date, a time of day and an offset, each in a column.
    Parts,
    /// The date in a folder of the path, the rest in a column.
    Path,
}

/// How the rows of a case are written.
#[derive(Debug, Clone)]
struct Form {
    decimal_comma: bool,
    time: Time,
    /// Whether the key has a second part. Then the rows that have a number here come once more without it.
    team: Option<Vec<bool>>,
    /// How a missing part of the key is written in each row, if not as an empty one.
    missing: Option<Vec<&'static str>>,
    /// Whether keys are hashed.
    hashed: bool,
}

/// The second part of the key.
const TEAM: &str = "red";

fn form() -> impl Strategy<Value = Form> {
    let time = select(vec![Time::Number, Time::Parts, Time::Path]);
    let team = proptest::option::of(proptest::collection::vec(any::<bool>(), 1..10));
    let missing = proptest::option::of(proptest::collection::vec(select([&NULLS[..], &[""]].concat()), 1..5));
    (any::<bool>(), time, team, missing, any::<bool>()).prop_map(
        |(decimal_comma, time, team, missing, hashed)| Form { decimal_comma, time, team, missing, hashed },
    )
}

/// The secret under which keys are hashed. It is longer than a block of the hash, so it is hashed itself.
const SECRET: [u8; 70] = [b'k'; 70];

/// HMAC-SHA256 under the secret, step by step as in RFC 2104.
fn hashed(value: &str) -> String {
    let mut block = [0; 64];
    block[..32].copy_from_slice(&Sha256::digest(SECRET));
    let padded = |pad: u8| block.map(|byte| byte ^ pad);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(value).finalize();
    let outer = Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize();
    outer.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Texts for a missing value besides the empty one.
const NULLS: [&str; 3] = ["NULL", "-", "n/a"];

impl Form {
    fn flags(&self) -> Vec<&'static str> {
        let time = match self.time {
            Time::Number => &["--time", "time"][..],
            Time::Parts => &["--time", "day,clock,offset"],
            Time::Path => &["--path-columns", "--time", "day,clock"],
        };
        let decimal = if self.decimal_comma { &["--decimal", ","][..] } else { &[] };
        let key = if self.team.is_some() {
            &["--key", "user,team", "--key-parts", "all"][..]
        } else {
            &["--key", "user"]
        };
        let nulls =
            if self.missing.is_some() { NULLS.map(|null| ["--null", null]).concat() } else { Vec::new() };
        let hashed = if self.hashed { &["--hash-key", "file:secret"][..] } else { &[] };
        [time, decimal, key, &nulls, hashed].concat()
    }

    /// How the missing part of the key of row `number` is written.
    fn missing(&self, number: usize) -> &'static str {
        self.missing.as_ref().map_or("", |missing| missing[number % missing.len()])
    }

    /// The rows of a batch: each of them, some also without the second part of the key.
    fn rows<'e>(&self, batch: &'e [RuledEvent]) -> Vec<(&'e RuledEvent, bool)> {
        let lacks_team =
            |number: usize| self.team.as_ref().is_some_and(|lacking| lacking[number % lacking.len()]);
        batch
            .iter()
            .enumerate()
            .flat_map(|(number, event)| {
                std::iter::once((event, false)).chain(lacks_team(number).then_some((event, true)))
            })
            .collect()
    }

    fn header(&self) -> Vec<&'static str> {
        let time = match self.time {
            Time::Number => &["time"][..],
            Time::Parts => &["day", "clock", "offset"],
            Time::Path => &["clock"],
        };
        [
            &["user"][..],
            if self.team.is_some() { &["team"] } else { &[] },
            time,
            &["event", "path", "amount", "id", "pause", "lasts"],
        ]
        .concat()
    }

    fn fields(&self, number: usize, event: &RuledEvent, lacks_team: bool) -> Vec<String> {
        let (day, clock) = day_and_clock(event);
        let time = match self.time {
            Time::Number => vec![event.second.to_string()],
            Time::Parts => vec![day, clock, ["Z", "+00:00"][usize::from(event.second % 2 == 0)].to_owned()],
            Time::Path => vec![format!("{clock}Z")],
        };
        let team =
            self.team.as_ref().map(|_| if lacks_team { self.missing(number) } else { TEAM }.to_owned());
        let number = |text: String| if self.decimal_comma { text.replace('.', ",") } else { text };
        let [name, path, amount, id, pause, lasts] = values(event);
        let rest = [name, path, number(amount), id, pause, number(lasts)];
        std::iter::once(event.key.to_owned()).chain(team).chain(time).chain(rest).collect()
    }

    /// Writes the files of a batch; returns their names.
    fn write(&self, folder: &Folder, number: usize, batch: &[RuledEvent]) -> Vec<String> {
        let delimiter = if self.decimal_comma { ";" } else { "," };
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for (place, (event, lacks_team)) in self.rows(batch).into_iter().enumerate() {
            let (day, _) = day_and_clock(event);
            let name = if self.time == Time::Path {
                format!("day={day}/{number}.csv")
            } else {
                format!("{number}.csv")
            };
            // Blank lines make files of the same content different ones.
            let file = files
                .entry(name)
                .or_insert_with(|| "\n".repeat(number) + &self.header().join(delimiter) + "\n");
            *file += &(self.fields(place, event, lacks_team).join(delimiter) + "\n");
        }
        for (name, content) in &files {
            folder.write(name, content);
        }
        files.into_keys().collect()
    }
}

fn day_and_clock(event: &RuledEvent) -> (String, String) {
    let moment = chrono::DateTime::from_timestamp(event.second, 0).unwrap();
    (moment.format("%Y-%m-%d").to_string(), moment.format("%H:%M:%S").to_string())
}

/// The expected sessions under the key of the form.
fn with_key(arriving: &[RuledEvent], drawn: &Drawn, form: &Form) -> Vec<Vec<String>> {
    let case = &drawn.case;
    let part = |part: &str| if form.hashed { hashed(part) } else { part.to_owned() };
    let team = if form.team.is_some() { format!("\x1e{}", part(TEAM)) } else { String::new() };
    let (all, _) = sessions(arriving, case);
    let written = all.iter().filter(|session| case.writes(session)).map(|session| {
        let mut row = row(session, case);
        row[0] = part(session.key);
        row[5] = crate::oracle::session_id_with(
            format!("{}{team}", row[0]).as_bytes(),
            session.start * 1_000_000,
            session.ordinal,
        )
        .to_string();
        row
    });
    sorted(written.collect())
}

proptest! {
    #![proptest_config(crate::support::stream::config(24))]

    #[test]
    fn however_columns_are_written_the_sessions_are_those_of_the_oracle(drawn in drawn(40, false), form in form()) {
        let folder = Folder::in_memory();
        folder.write("secret", SECRET);
        let (lateness, rules) = (format!("{}s", drawn.keeping_lateness()), drawn.flags());
        let (mut rejected, mut filtered, mut lacking, mut duplicates) = (0, 0, 0, 0);
        for (number, batch) in drawn.batches().iter().enumerate() {
            let files = form.write(&folder, number, batch);
            let words = ["run", "--max-late", "0", "--max-rejects", "100%", "--report", "json", "--quiet"];
            let words = words.into_iter().chain(["--watermark-delay", &lateness]).chain(form.flags());
            let all = words.chain(files.iter().map(String::as_str)).chain(rules.iter().map(String::as_str));
            let report = folder.sessionize(&all.collect::<Vec<_>>()).expect_code(0).json();
            lacking += i64::try_from(form.rows(batch).iter().filter(|(_, lacks_team)| *lacks_team).count()).unwrap();
            rejected += report["rows_rejected"].as_i64().unwrap();
            filtered += report["rows_filtered"].as_i64().unwrap();
            duplicates += report["events_duplicate"].as_i64().unwrap();
        }
        let report = folder.sessionize(&["finalize", "--report", "json"]).expect_code(0).json();
        duplicates += report["events_duplicate"].as_i64().unwrap();
        let arriving = drawn.selected().concat();
        let (_, counted) = expected(&arriving, &drawn);
        prop_assert_eq!(sorted(rows(&folder, "sessions").iter().map(found).collect()), with_key(&arriving, &drawn, &form));
        prop_assert_eq!(duplicates, counted.duplicates);
        // A row that a filter excludes is not looked at any further.
        prop_assert_eq!(rejected + filtered, lacking + counted.rows_filtered);
    }
}
