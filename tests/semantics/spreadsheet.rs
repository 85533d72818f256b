//! With `--spreadsheet-safe` no cell of any output is a formula to a spreadsheet, and nothing else changes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use crate::support::{Folder, OUT, read_csv};
use std::collections::BTreeMap;
use std::path::PathBuf;

const DAY: &str = "=user,@time,+page,-note
=k,2020-01-01 10:00:00,@x,plain
=k,2020-01-01 10:01:00,-y,\"=a,=b\"
=q,never,=r,\"-\"\"x\"
+j,2020-01-03 10:00:00,\"=z\ny\",\"\t=1\"
@open,2020-01-03 10:00:01,=open,-5
";
/// A late row and a reject.
const LATE: &str = "=user,@time,+page,-note\n=late,2020-01-02 10:00:00,-l,@l\n@x,never,+1,b\n";

/// Every output, as cells, of a run that has all kinds of them.
fn outputs(safe: bool) -> BTreeMap<PathBuf, Vec<Vec<Vec<u8>>>> {
    let folder = Folder::in_memory();
    folder.write("day.csv", DAY);
    folder.write("late.csv", LATE);
    let common = ["--max-rejects=9", "--max-late=9", "--emit-open", "--emit=both", "--header=yes"];
    let rules = ["--agg=first(3)=@landing", "--agg=list(4)=-notes"];
    let safe: &[&str] = if safe { &["--spreadsheet-safe"] } else { &[] };
    folder.sessionize(&[&["run", "day.csv"], &common[..], &rules, safe].concat()).expect_code(0);
    folder.sessionize(&[&["run", "late.csv"], &common[..], safe].concat()).expect_code(0);
    folder.sessionize(&[&["finalize", "--as-of=2020-01-03"], safe].concat()).expect_code(0);
    let files = folder.files(OUT).into_iter();
    files
        .filter(|(path, _)| path.extension().is_some_and(|e| e == "csv"))
        .map(|(path, c)| (path, read_csv(&c)))
        .collect()
}

fn is_formula(cell: &[u8]) -> bool {
    let is_number = std::str::from_utf8(cell).is_ok_and(|text| text.parse::<f64>().is_ok());
    !is_number && matches!(cell.first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'))
}

/// How many cells of each kind of output were disarmed; all others must be the same.
#[track_caller]
fn disarmed() -> BTreeMap<String, usize> {
    let (plain, safe) = (outputs(false), outputs(true));
    assert!(plain.keys().eq(safe.keys()));
    let mut counts = BTreeMap::new();
    for (path, rows) in &plain {
        let kind = path.components().nth(1).unwrap().as_os_str().to_string_lossy().into_owned();
        let cells = rows.iter().flatten().zip(safe[path].iter().flatten());
        for (cell, safe) in cells {
            assert!(!is_formula(safe), "{}: {}", path.display(), safe.escape_ascii());
            let expected = if is_formula(cell) { [b"'", &cell[..]].concat() } else { cell.clone() };
            assert_eq!(safe, &expected, "{}", path.display());
            *counts.entry(kind.clone()).or_default() += usize::from(is_formula(cell));
        }
    }
    counts
}

#[test]
fn keys_aggregates_and_their_names_are_disarmed() {
    let rows = outputs(true);
    let sessions = &rows[&PathBuf::from(format!("{OUT}/sessions/run-00000001.csv"))];
    let text = |cell: &Vec<u8>| String::from_utf8(cell.clone()).unwrap();
    let header: Vec<String> = sessions[0].iter().map(text).collect();
    assert_eq!(
        (header[1].as_str(), header[7].as_str(), header[8].as_str()),
        ("'=user", "'@landing", "'-notes")
    );
    let session: Vec<String> = sessions[1].iter().map(text).collect();
    // A list is JSON: its cell begins with a bracket, and what is in it stays as it is.
    assert_eq!(
        (session[1].as_str(), session[7].as_str(), session[8].as_str()),
        ("'=k", "'@x", "[\"plain\",\"=a,=b\"]")
    );
}

#[test]
fn every_kind_of_output_is_disarmed_and_nothing_else_changes() {
    let counts = disarmed();
    for kind in ["sessions", "events", "late", "rejects", "open"] {
        assert!(counts.get(kind).is_some_and(|count| *count >= 2), "{kind}: {counts:?}");
    }
}

#[test]
fn rows_that_were_cut_at_other_bytes_are_disarmed_where_a_spreadsheet_cuts_them() {
    let folder = Folder::in_memory();
    folder.write("day.csv", "k;2020-01-01 10:00:00;x\nq;never;a,=1+1\n");
    let flags = ["run", "day.csv", "--delimiter=;", "--max-rejects=1", "--header=no", "--spreadsheet-safe"];
    folder.sessionize(&flags).expect_code(0);
    let rejects = std::fs::read_to_string(folder.path(&crate::support::output_name("rejects", 1))).unwrap();
    assert!(rejects.ends_with(",q;never;a,'=1+1\n"), "{rejects}");
}

#[test]
fn a_value_is_what_the_delimiter_of_its_file_makes_of_it() {
    let late = |first: &str, second: &str, flags: &[&str]| {
        let folder = Folder::in_memory();
        folder.write("1.csv", first);
        folder.write("2.csv", second);
        folder.sessionize(&[&["run", "1.csv", "--header=no"], flags].concat()).expect_code(0);
        folder.sessionize(&["run", "2.csv", "--spreadsheet-safe", "--max-late=100%"]).expect_code(0);
        std::fs::read_to_string(folder.path(&crate::support::output_name("late", 2))).unwrap()
    };
    let by_comma = late("k,2020-01-01 00:10:00,\n", "\"k,=red\",2020-01-01 00:00:00,-1\n", &[]);
    assert!(by_comma.ends_with(",late,\"k,=red\",2020-01-01 00:00:00,-1\n"), "{by_comma}");
    let row = "\"k\t\"\t2020-01-01 00:00:00\t\tx\n";
    let by_tab = late("k\t2020-01-01 00:10:00\t\tx\n", row, &["--delimiter=tab"]);
    assert!(by_tab.ends_with(&format!(",late,{row}")), "{by_tab}");
}

#[test]
fn a_number_has_no_mark_in_any_output() {
    let folder = Folder::in_memory();
    folder.write("1.csv", "k,2020-01-01 00:00:00,-1\n");
    folder.write("2.csv", "-7,2019-01-01 00:00:00,+2.5\nx,never,-1\n");
    let rules = ["--emit=both", "--agg=sum(3)=s", "--agg=min(3)=m", "--agg=first(3)=f", "--agg=list(3)=l"];
    folder.sessionize(&[&["run", "1.csv", "--spreadsheet-safe"], &rules[..]].concat()).expect_code(0);
    let limits = ["--max-late=9", "--max-rejects=9", "--spreadsheet-safe"];
    folder.sessionize(&[&["run", "2.csv"], &limits[..]].concat()).expect_code(0);
    folder.sessionize(&["finalize", "--spreadsheet-safe"]).expect_code(0);
    for (kind, run, expected) in [
        ("sessions", 3, ",-1,-1,-1,\"[\"\"-1\"\"]\"\n"),
        ("events", 3, ",-1,"),
        ("late", 2, ",late,-7,2019-01-01 00:00:00,+2.5\n"),
        ("rejects", 2, ",time,x,never,-1\n"),
    ] {
        let output = std::fs::read_to_string(folder.path(&crate::support::output_name(kind, run))).unwrap();
        assert!(output.contains(expected), "{kind}: {output}");
    }
}
