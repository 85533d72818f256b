//! A first run whose columns are not those of its file, and `init`, which proposes them: what is shown, and that the command that is
//! named works as it stands.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "looks at files")]

use crate::support::{Finished, Folder, STATE};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// A shop: the second column is no time.
const SHOP: &str = "user_id,session_id,event,timestamp\n\
    u1,s1,home,2024-03-13 10:21:14\nu1,s1,cart,2024-03-13 10:25:14\nu2,s2,home,2024-03-13 12:00:00\n";

/// Runs a line of a shell in `folder`, where the program is called by its name.
fn shell(folder: &Folder, line: &str) -> Finished {
    let program = Path::new(env!("CARGO_BIN_EXE_sessionize")).parent().unwrap().to_str().unwrap();
    let path = format!("{program}:{}", std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(folder.path("")).env("PATH", path).env_remove("RUST_LOG");
    Finished::of(shell, b"")
}

/// The error and, in words, the rows of the table below it.
#[track_caller]
fn reported(finished: &Finished) -> (String, Vec<String>) {
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(65), ""), "{}", finished.stderr);
    let (error, table) = finished.stderr.split_once('\n').unwrap();
    assert!(error.starts_with("sessionize: ") && error.ends_with("; nothing was changed"), "{error}");
    let mut rows = table.lines().map(|line| {
        assert!(line.starts_with("  "), "{line}");
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    });
    assert_eq!(rows.next().as_deref(), Some("column name first values time"), "{}", finished.stderr);
    (error.to_owned(), rows.collect())
}

/// The command that an error names.
#[track_caller]
fn named(error: &str) -> &str {
    let command = error.rsplit_once(": sessionize ").unwrap_or_else(|| panic!("no command in {error}")).1;
    command.strip_suffix("; nothing was changed").unwrap()
}

/// Runs what is refused, then the command that the refusal names; returns the refusal, the table and the sessions.
#[track_caller]
fn refused_and_repaired(file: &str, content: &str, flags: &str) -> (String, Vec<String>, usize) {
    let folder = Folder::new();
    folder.write(file, content);
    let (error, table) = reported(&shell(&folder, &format!("sessionize run {file} {flags}")));
    let repaired = shell(&folder, &format!("sessionize {} -q", named(&error)));
    assert_eq!(repaired.code, Some(0), "{error}\n{}", repaired.stderr);
    shell(&folder, "sessionize finalize -q");
    (error, table, folder.sessions().len())
}

#[test]
fn a_time_that_nobody_named_and_that_is_none_is_not_taken() {
    let flights = "year,month,day,tailnum,time_hour\n2013,1,1,N1,2013-01-01T05:00:00Z\n2013,1,2,N1,2013-01-02T05:00:00Z\n";
    let (error, table, sessions) = refused_and_repaired("flights.csv", flights, "--gap 30m");
    assert!(error.contains("the second column, month, does not look like a time: 1, 1;"), "{error}");
    assert_eq!(named(&error), "run flights.csv --gap 30m --key tailnum --time time_hour");
    assert_eq!(table[1], "2 month 1");
    assert_eq!(table[4], "5 time_hour 2013-01-01T05:00:00Z; 2013-01-02T05:00:00Z yes");
    assert_eq!(sessions, 2);
}

#[test]
fn a_file_whose_header_was_taken_for_a_row_is_not_all_rejects() {
    let (error, table, sessions) = refused_and_repaired("shop.csv", SHOP, "");
    assert!(
        error.contains("the second column, session_id, does not look like a time: s1, s1, s2"),
        "{error}"
    );
    assert_eq!(named(&error), "run shop.csv --key user_id --time timestamp");
    assert_eq!(table[0], "1 user_id u1; u2");
    assert_eq!(sessions, 2);
}

#[test]
fn a_first_column_that_is_the_time_is_no_key() {
    let (error, _, sessions) =
        refused_and_repaired("day.csv", "ts,user\n2020-01-01,ann\n2020-01-02,ann\n", "--time ts");
    assert!(error.contains("the first column, ts, is the time"), "{error}");
    assert_eq!((named(&error), sessions), ("run day.csv --key user --time ts", 2));
}

#[test]
fn a_misspelt_column_is_answered_with_the_one_that_was_meant() {
    let flags = "--key userid --time=timestmp --gap 30m";
    let (error, _, sessions) = refused_and_repaired("shop.csv", SHOP, flags);
    assert!(error.contains("no column userid"), "{error}");
    assert!(error.contains("(did you mean user_id, timestamp?)"), "{error}");
    assert_eq!(named(&error), "run shop.csv --gap 30m --key user_id --time timestamp");
    assert_eq!(sessions, 2);
}

#[test]
fn a_column_that_is_no_time_stops_the_first_run() {
    let mut rows = "user_id,event,timestamp\n".to_owned();
    for number in 0..5_000 {
        let _ = writeln!(rows, "u{},page view,2024-03-13 10:{:02}:14", number % 7, number % 60);
    }
    let (error, table, _) = refused_and_repaired("day.csv", &rows, "--key user_id --time event");
    assert!(error.contains("5000 of 5000 rows were rejected"), "{error}");
    assert_eq!(named(&error), "run day.csv --key user_id --time timestamp");
    assert!(table[1].starts_with("2 event page view"), "{table:?}");
}

#[test]
fn a_format_of_time_is_named_that_reads_the_column() {
    let rows = "user;when\nann;13.01.2020 10:00\nann;13.01.2020 11:00\n";
    let (error, table, sessions) =
        refused_and_repaired("day.csv", rows, "--delimiter ';' --key user --time when");
    assert!(error.contains("2 of 2 rows were rejected"), "{error}");
    assert_eq!(
        named(&error),
        "run day.csv --delimiter ';' --key user --time when --time-format '%d.%m.%Y %H:%M'"
    );
    assert!(table[1].ends_with("with --time-format '%d.%m.%Y %H:%M'"), "{table:?}");
    assert_eq!(sessions, 2);
}

#[test]
fn json_lines_and_files_without_a_header_get_the_same_help() {
    let lines = "{\"user\":{\"id\":7},\"ts\":\"2020-01-01T00:00:00Z\"}\n{\"user\":{\"id\":7},\"ts\":\"2020-01-01T00:01:00Z\"}\n";
    for flags in ["", "--key user.ID --time ts", "--key user.id --time time"] {
        let (error, table, sessions) = refused_and_repaired("day.json", lines, flags);
        assert_eq!((named(&error), sessions), ("run day.json --key user.id --time ts", 1), "{error}");
        assert!(table.contains(&"- user.id 7".to_owned()), "{table:?}");
    }
    let rows =
        ["view,ann", "view,bob", "buy,cid", "view,ann"].map(|row| format!("{row},2020-01-01 00:00:00\n"));
    let (error, table, sessions) = refused_and_repaired("day.csv", &rows.concat(), "");
    assert!(error.contains("4 of 4 rows were rejected"), "{error}");
    assert_eq!((named(&error), sessions), ("run day.csv --key 2 --time 3", 3));
    assert_eq!(table[1], "2 - ann; bob; cid");
}

#[test]
fn what_is_not_about_columns_of_a_first_run_stays_one_line() {
    let folder = Folder::new();
    folder.write("day.csv", "ann,2020-01-01\nbob,2020-01-02\n");
    folder.write("broken.csv", "ann,x\nbob,y\n");
    folder.write("mixed.csv", "ann,2020-01-03\nbob,x\nbob,2020-01-03\n");
    let mixed = folder.sessionize(&["run", "mixed.csv"]).expect_code(65).stderr;
    assert_eq!(mixed.lines().count(), 1, "most rows have a time: {mixed}");
    folder.sessionize(&["run", "day.csv"]).expect_code(0);
    let later = folder.sessionize(&["run", "broken.csv"]).expect_code(65).stderr;
    assert_eq!(later.lines().count(), 1, "the columns are fixed: {later}");
}

#[test]
fn init_proposes_what_run_then_does() {
    let folder = Folder::new();
    folder.write("shop.csv", SHOP);
    let said = folder.sessionize(&["init", "shop.csv"]).expect_code(0).stdout;
    assert!(said.starts_with("sessionize.toml: key user_id, time timestamp, gap 30m\n"), "{said}");
    let file = std::fs::read_to_string(folder.path("sessionize.toml")).unwrap();
    for line in [
        "batch = [\"shop.csv\"]",
        "delimiter = \",\"",
        "key = \"user_id\"",
        "time = \"timestamp\"",
        "gap = \"30m\"",
        "timezone = \"UTC\"",
    ] {
        assert!(file.lines().any(|other| other == line), "{line}\n{file}");
    }
    assert!(file.contains("#   up to 5m  1  ####"), "the histogram\n{file}");
    assert!(
        file.contains("2024-03-13T10:21:14Z  2024-03-13T10:25:14Z            2  u1"),
        "a session\n{file}"
    );
    assert!(!folder.path(STATE).exists(), "nothing was ingested");
    folder.sessionize(&["run", "-q"]).expect_code(0);
    folder.sessionize(&["finalize", "-q"]).expect_code(0);
    assert_eq!(folder.sessions().len(), 2);
    // What the file proposes is what the checkpoint has: the next day needs no other words.
    folder.write("next.csv", SHOP.replace("2024-03-13", "2024-03-14"));
    folder.sessionize(&["run", "next.csv", "-q"]).expect_code(0);
}

#[test]
fn init_overwrites_only_what_it_may_and_says_the_same_again() {
    let folder = Folder::new();
    folder.write("shop.csv", SHOP);
    folder.sessionize(&["init", "shop.csv"]).expect_code(0);
    let first = std::fs::read_to_string(folder.path("sessionize.toml")).unwrap();
    let refused = folder.sessionize(&["init", "shop.csv"]).expect_code(2).stderr;
    assert!(refused.starts_with("sessionize: sessionize.toml: this file already exists; "), "{refused}");
    assert_eq!(folder.sessionize(&["init", "shop.csv", "--output", "-"]).expect_code(0).stdout, first);
    folder.write("sessionize.toml", "gap = \"5m\"\n");
    folder.sessionize(&["init", "shop.csv", "--force"]).expect_code(0);
    assert_eq!(std::fs::read_to_string(folder.path("sessionize.toml")).unwrap(), first);
    std::fs::create_dir(folder.path("etc")).unwrap();
    let said = folder.sessionize(&["init", "shop.csv", "--output", "etc/shop.toml"]).expect_code(0).stdout;
    let next = said.lines().last().unwrap().strip_prefix("next: ").unwrap();
    assert_eq!(shell(&folder, &format!("{next} -q")).code, Some(0), "{next}");
}

#[test]
fn init_looks_at_every_format_and_at_streams() {
    let lines = "{\"user\":{\"id\":7},\"at\":1577836800123}\n{\"user\":{\"id\":7},\"at\":1577836860123}\n";
    let rows = "view\tann\t13/01/2020 10:00\nview\tann\t13/01/2020 10:10\nbuy\tbob\t14/01/2020 11:00\nbuy\tcid\t14/01/2020 11:00\n";
    let folder = Folder::new();
    folder.write("day.json.zst", zstd::encode_all(lines.as_bytes(), 1).unwrap());
    let said = folder.sessionize(&["init", "day.json.zst", "--output", "json.toml"]).expect_code(0).stdout;
    assert!(said.starts_with("json.toml: key user.id, time at, gap 30m\n"), "{said}");
    assert!(said.contains("2 rows of jsonl in zstd"), "{said}");
    folder.sessionize(&["run", "--config", "json.toml", "-q"]).expect_code(0);
    let sep = format!("sep=\t\n{rows}");
    let piped =
        folder.sessionize_with_input(&["init", "-", "--output", "-"], sep.as_bytes()).expect_code(0).stdout;
    for line in [
        "# batch = [\"FILE\"]",
        "header = \"no\"",
        "key = \"2\"",
        "time = \"3\"",
        "time-format = \"%d/%m/%Y %H:%M\"",
    ] {
        assert!(piped.lines().any(|other| other == line), "{line}\n{piped}");
    }
}

/// Proposes a configuration file for a log and runs what it says: its first line, and the number of sessions.
#[track_caller]
fn proposed_and_run(name: &str, content: impl AsRef<[u8]>) -> (String, usize) {
    let folder = Folder::new();
    folder.write(name, content);
    let said = folder.sessionize(&["init", name]).expect_code(0).stdout;
    folder.sessionize(&["run", "-q", "--max-rejects", "0"]).expect_code(0);
    folder.sessionize(&["finalize", "-q"]).expect_code(0);
    (said.lines().next().unwrap_or_default().to_owned(), folder.sessions().len())
}

#[test]
fn what_init_proposes_for_a_log_runs() {
    let access = "192.0.2.1 - - [10/Oct/2020:13:55:36 -0700] \"GET / HTTP/1.1\" 200 23 \"-\" \"Mozilla/5.0 (X11)\"\n\
        192.0.2.1 - - [10/Oct/2020:13:56:36 -0700] \"GET /a HTTP/1.1\" 304 - \"-\" \"Mozilla/5.0 (X11)\"\n\
        192.0.2.2 - ann [10/Oct/2020:13:57:00 -0700] \"GET /b HTTP/1.1\" 200 7 \"-\" \"curl/7\"\n";
    let expected = |key: &str, time: &str| (format!("sessionize.toml: key {key}, time {time}, gap 30m"), 2);
    assert_eq!(proposed_and_run("access.log", access), expected("remote_host", "time"));
    let zstd = zstd::encode_all(access.as_bytes(), 1).unwrap();
    assert_eq!(proposed_and_run("access.log.zst", zstd), expected("remote_host", "time"));
    let iis = "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n\
        #Fields: date time cs-method cs-uri-stem c-ip cs(User-Agent) sc-status time-taken\r\n\
        2020-03-04 08:00:00 GET / 192.0.2.1 Mozilla/5.0+(X11) 200 15\r\n\
        2020-03-04 08:01:00 GET /a 192.0.2.1 Mozilla/5.0+(X11) 200 7\r\n\
        2020-03-04 08:01:00 GET /b 192.0.2.2 - 404 7\r\n";
    assert_eq!(proposed_and_run("u_ex200304.log", iis), expected("c-ip", "date,time"));
    let cloudfront = "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs-uri-stem sc-status\n\
        2020-03-04\t08:00:00\tFRA1\t500\t192.0.2.1\tGET\t/\t200\n\
        2020-03-04\t08:01:00\tFRA1\t9\t192.0.2.1\tGET\t/a\t200\n\
        2020-03-04\t08:01:00\tFRA1\t9\t192.0.2.2\tGET\t/b\t200\n";
    assert_eq!(proposed_and_run("E1.2020-03-04.log", cloudfront), expected("c-ip", "date,time"));
    let json = "{\"event\":\"view\",\"user\":{\"id\":\"ann\"},\"timestamp\":\"2020-03-04T08:00:00Z\"}\n\
        {\"event\":\"view\",\"user\":{\"id\":\"ann\"},\"timestamp\":\"2020-03-04T08:01:00Z\"}\n\
        {\"event\":\"view\",\"user\":{\"id\":\"bob\"},\"timestamp\":\"2020-03-04T08:01:00Z\"}\n";
    assert_eq!(proposed_and_run("events.jsonl", json), expected("user.id", "timestamp"));
}

#[test]
fn init_takes_compressed_files_and_several_ones_for_what_is_in_them() {
    let (header, rows) = SHOP.split_once('\n').unwrap();
    let (first, second) = rows.split_at(rows.find("u2").unwrap());
    let days = [first, second].map(|rows| format!("{header}\n{rows}").into_bytes());
    for ending in ["", ".gz", ".zst"] {
        let folder = Folder::new();
        let names = ["1", "2"].map(|day| format!("{day}.csv{ending}"));
        for (name, day) in names.iter().zip(&days) {
            folder.write(name, packed(day, ending));
        }
        let said = folder.sessionize(&["init", &names[0], &names[1]]).expect_code(0).stdout;
        assert!(
            said.starts_with("sessionize.toml: key user_id, time timestamp, gap 30m\n"),
            "{ending}: {said}"
        );
        folder.sessionize(&["run", "-q", "--max-rejects", "0"]).expect_code(0);
        folder.sessionize(&["finalize", "-q"]).expect_code(0);
        assert_eq!(folder.sessions().len(), 2, "{ending}");
    }
}

/// The file with this content whose name ends so.
fn packed(content: &[u8], ending: &str) -> Vec<u8> {
    match ending {
        ".gz" => {
            let mut file = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut file, content).unwrap();
            file.finish().unwrap()
        }
        ".zst" => zstd::encode_all(content, 1).unwrap(),
        _ => content.to_vec(),
    }
}

#[test]
fn init_says_what_is_missing() {
    let folder = Folder::new();
    folder.write("empty.csv", "");
    folder.write("pages.csv", "user,page\nann,/a\nann,/b\n");
    let empty = folder.sessionize(&["init", "empty.csv"]).expect_code(65).stderr;
    assert!(empty.contains("there are no rows to analyze"), "{empty}");
    let (error, table) = reported(&folder.sessionize(&["init", "pages.csv"]));
    assert!(error.contains("pages.csv: no column of this file has times in a known format"), "{error}");
    assert_eq!(table, ["1 user ann", "2 page /a; /b"]);
    assert!(!folder.path("sessionize.toml").exists());
    folder.write("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01".repeat(40));
    let binary = folder.sessionize(&["init", "picture.png"]).expect_code(65).stderr;
    assert!(binary.starts_with("sessionize: picture.png") && binary.lines().count() == 1, "{binary}");
    assert!(!folder.path("sessionize.toml").exists());
    let missing = folder.sessionize(&["init", "nope.csv"]).expect_code(66).stderr;
    assert!(missing.contains("nope.csv: cannot read the batch file"), "{missing}");
}
