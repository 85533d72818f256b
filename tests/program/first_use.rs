//! What somebody meets who uses the program for the first time: help, text reports, and errors that say what to do.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![expect(clippy::disallowed_methods, reason = "looks at folders")]

use crate::support::{Finished, Folder};

const HEADED: &str = "user,time\nann,2020-01-01 00:00:00\nbob,2020-01-01 00:10:00\n";

/// Verbs as `--help` lists them.
fn verbs() -> Vec<String> {
    let help = Folder::new().sessionize(&["--help"]).expect_code(0).stdout;
    let listed = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let first_word = |line: &str| line.split_whitespace().next().unwrap().to_owned();
    listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")).map(first_word).collect()
}

/// The one line of an error.
#[track_caller]
fn error_line(finished: &Finished) -> &str {
    let stderr = finished.stderr.strip_suffix('\n').unwrap();
    assert!(stderr.starts_with("sessionize: ") && !stderr.contains('\n'), "{stderr}");
    assert_eq!(finished.stdout, "");
    stderr
}

#[test]
fn every_verb_has_help_with_its_defaults() {
    let verbs = verbs();
    assert!(["run", "finalize", "inspect", "fake"].iter().all(|verb| verbs.contains(&(*verb).to_owned())));
    for verb in verbs.iter().filter(|verb| *verb != "help") {
        let help = Folder::new().sessionize(&[verb, "--help"]).expect_code(0).stdout;
        assert!(help.contains("Usage: sessionize") && help.contains("--help"), "{help}");
        assert!(!help.contains("--state") || help.contains("[default: sessionize-state]"), "{help}");
    }
    let run = Folder::new().sessionize(&["run", "--help"]).expect_code(0).stdout;
    // Lines are wrapped to the width of the terminal.
    let unwrapped = run.split_whitespace().collect::<Vec<_>>().join(" ");
    for default in ["5m", "0s", "1%", "5%", "UTC", "auto", "side", "72"] {
        assert!(unwrapped.contains(&format!("[default: {default}]")), "{default}");
    }
    for group in ["The batch:", "Columns", "Sessions", "Late events:", "Limits:", "Examples:"] {
        assert!(run.contains(&format!("\n{group}")), "{group}");
    }
}

#[test]
fn reports_are_aligned_and_thousands_are_separated() {
    let folder = Folder::new();
    let rows = folder.sessionize(&["fake", "--rows", "12345"]).expect_code(0).stdout;
    let report =
        folder.sessionize_with_input(&["run", "--batch", "-"], rows.as_bytes()).expect_code(0).stdout;
    assert!(report.contains("\n  rows read           12,345\n"), "{report}");
    let mut lines = report.lines();
    assert!(lines.next().unwrap().starts_with("run 1 committed in "));
    for line in lines {
        // Two spaces, the name, spaces up to the column of values.
        assert!(line.starts_with("  ") && &line[20..22] == "  " && line.as_bytes()[22] != b' ', "{line}");
    }
}

#[test]
fn quiet_is_silent_and_verbose_speaks_to_standard_error() {
    let folder = Folder::new();
    folder.write("day.csv", HEADED);
    let quiet = folder.sessionize(&["run", "day.csv", "-q"]).expect_code(0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    let plain = folder.sessionize(&["inspect"]).expect_code(0);
    let verbose = folder.sessionize(&["inspect", "-v"]).expect_code(0);
    assert_eq!((&plain.stdout, plain.stderr.as_str()), (&verbose.stdout, ""));
    assert!(verbose.stderr.contains("INFO"), "{}", verbose.stderr);
    let mut command = folder.command(&["inspect", "-v"]);
    command.env("RUST_LOG", "error");
    assert_eq!(Finished::of(command, b"").expect_code(0).stderr, "", "RUST_LOG goes before -v");
}

#[test]
fn every_warning_is_a_line_of_the_program_whatever_is_logged() {
    let folder = Folder::new();
    folder.write("lone.csv", "ann,s\x1b[2Joon\n");
    folder.write("semicolons.csv", "ann;2020-01-01 01:00:00\n");
    for file in ["lone.csv", "semicolons.csv"] {
        for log in ["off", "error", "sessionize=trace"] {
            let mut command = folder.command(&["run", file, "-q", "--dry-run"]);
            command.env("RUST_LOG", log);
            let said = Finished::of(command, b"").expect_code(0).stderr;
            let mut warnings = said.lines().filter(|line| line.starts_with("sessionize: warning: "));
            assert!(
                warnings.next().is_some_and(|line| line.contains(&format!("{file}: its first row"))),
                "{log}: {said}"
            );
            assert!(!said.contains("WARN") && !said.contains('\x1b'), "{log}: {said}");
            assert!(log != "off" || said.lines().all(|line| line.starts_with("sessionize: ")), "{said}");
        }
    }
}

#[test]
fn a_file_that_is_no_text_is_told_as_one() {
    let noise = |length: u32| -> Vec<u8> {
        let mut state = 7_u32;
        let next = move |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        (0..length).map(next).collect()
    };
    let behind = |first: &[u8]| [first, &noise(3000)].concat();
    for (content, kind) in [
        (std::fs::read(env!("CARGO_BIN_EXE_sessionize")).unwrap()[..100_000].to_vec(), "a program"),
        (noise(300), "a binary file"),
        (noise(100_000), "a binary file"),
        (behind(b"x\x9c"), "a binary file"),
        (behind(b"\x80\x05\x95"), "a binary file"),
        (behind(b"user,time\n"), "a binary file"),
        (behind(b"\x89PNG\r\n\x1a\n"), "a PNG image"),
        (behind(b"GIF89a"), "a GIF image"),
        (behind(b"%PDF-1.7\n"), "a PDF document"),
        (behind(b"PK\x03\x04\x14\0"), "a zip file"),
        (behind(b"PK\x03\x04\x14\0\x06\0[Content_Types].xml"), "an Excel workbook"),
        (behind(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "an Excel workbook"),
        (behind(b"SQLite format 3\0"), "an SQLite database"),
        (behind(b"\x01\x02\x03\x04\x05\x06\x07\x08DUCK"), "a DuckDB database"),
        (behind(b"ARROW1\0\0"), "an Arrow or Feather file"),
        (behind(&[&b"day.csv"[..], &[0; 250], b"ustar\x0000"].concat()), "a tar archive"),
    ] {
        let folder = Folder::new();
        folder.write("events.csv", content);
        for words in [
            &["run", "events.csv"][..],
            &["run", "events.csv", "--key", "user", "--time", "time"],
            &["init", "events.csv"],
        ] {
            let refused = folder.sessionize(words).expect_code(65);
            let said = error_line(&refused);
            assert!(said.starts_with(&format!("sessionize: events.csv: this is {kind}")), "{said}");
            assert!(!said.contains(|character: char| character.is_control()), "{said:?}");
        }
    }
}

#[test]
fn no_byte_of_a_file_moves_the_cursor() {
    let hostile = "us\x1b[31mer\x07,ti\u{9b}31mme\u{202e},\x7f\nx\x1b[2J,so\x08on,\u{feff}\n";
    for (file, content) in [
        ("day.csv", hostile.to_owned()),
        ("day.tsv", hostile.replace(',', "\t")),
        ("day.jsonl", "{\"us\u{9b}er\u{202e}\": \"\\u001b[2J\", \"\x7f\": \"soon\u{9b}\"}\n".to_owned()),
        ("\u{1b}[2J.csv", "a\n".to_owned()),
    ] {
        let folder = Folder::new();
        folder.write(file, content);
        for flags in [
            &[][..],
            &["--key", "1", "--time", "2", "--max-rejects", "100%"],
            &["--key", "x\x1b[2J", "--time", "b", "-vv"],
        ] {
            let finished = folder.sessionize(&[&["run", file], flags].concat());
            let said = finished.stdout + &finished.stderr;
            let obeyed = |character: char| {
                (character.is_control() && character != '\n') || "\u{202e}\u{feff}".contains(character)
            };
            assert!(!said.is_empty() && !said.contains(obeyed), "{said:?}");
        }
    }
}

#[test]
fn late_events_come_with_advice_that_holds() {
    let folder = Folder::new();
    folder.write("1.csv", "ann,2020-01-01 01:00:00\n");
    folder.write("2.csv", "ann,2020-01-01 00:50:30\nann,2020-01-01 00:55:00\nbob,2020-01-01 02:00:00\n");
    folder.sessionize(&["run", "1.csv"]).expect_code(0);
    let refused = folder.sessionize(&["run", "2.csv"]).expect_code(65);
    assert!(error_line(&refused).contains("set by 1.csv:1 in run 1"), "{}", refused.stderr);
    let inspected = folder.sessionize(&["inspect"]).expect_code(0).stdout;
    assert!(inspected.contains("2020-01-01T01:00:00Z, set by 1.csv:1 in run 1"), "{inspected}");
    let report = folder.sessionize(&["run", "2.csv", "--max-late", "2"]).expect_code(0).stdout;
    assert!(
        report.contains("2, the latest by 9m 30s; --watermark-delay 9m30s would have kept all"),
        "{report}"
    );

    let advised = Folder::new();
    for day in ["1.csv", "2.csv"] {
        advised.write(day, std::fs::read(folder.path(day)).unwrap());
        let report = advised
            .sessionize(&["run", day, "--watermark-delay", "9m30s", "--report", "json"])
            .expect_code(0);
        assert_eq!(report.json()["events_late"], 0);
    }
}

#[test]
fn looking_creates_nothing() {
    for verb in ["inspect", "finalize"] {
        let folder = Folder::new();
        let finished = folder.sessionize(&[verb, "--state", "typo"]).expect_code(1);
        assert!(error_line(&finished).contains("typo: there is no checkpoint here"), "{}", finished.stderr);
        assert_eq!(std::fs::read_dir(folder.path("")).unwrap().count(), 0);
    }
}

#[test]
fn errors_about_folders_say_which_flag_to_change() {
    let folder = Folder::new();
    folder.write("day.csv", HEADED);
    folder.write("file", "");
    let state = folder.sessionize(&["run", "day.csv", "--state", "file"]).expect_code(1);
    assert!(error_line(&state).contains("give --state a folder"), "{}", state.stderr);
    let out = folder.sessionize(&["run", "day.csv", "--out", "file"]).expect_code(1);
    assert!(error_line(&out).contains("give --out a folder"), "{}", out.stderr);
}

#[test]
fn errors_about_columns_fit_what_was_asked() {
    let folder = Folder::new();
    folder.write("day.csv", HEADED);
    folder.write("other.csv", HEADED.replace("time", "at"));
    let above_table = |finished: &Finished| {
        let (error, table) = finished.stderr.split_once('\n').unwrap();
        assert!(table.lines().all(|line| line.starts_with("  ")), "{table}");
        assert_eq!(finished.stdout, "");
        error.to_owned()
    };
    let unknown = folder.sessionize(&["run", "day.csv", "--key", "usr"]).expect_code(65);
    assert!(above_table(&unknown).contains("no column usr: its columns are user, time; name the columns"));
    let delimiter = folder.sessionize(&["run", "day.csv", "--delimiter", ";"]).expect_code(65);
    assert!(above_table(&delimiter).contains("check --delimiter"), "{}", delimiter.stderr);
    folder.sessionize(&["run", "day.csv"]).expect_code(0);
    // The checkpoint has the columns of the first file: other flags would only lead to another refusal.
    let later = folder.sessionize(&["run", "other.csv"]).expect_code(65);
    assert!(
        error_line(&later).contains("no column time: its columns are user, at; files must have the columns")
    );
}

#[test]
fn words_that_make_no_sense_are_refused_before_anything_is_done() {
    let folder = Folder::new();
    folder.write("day.csv", HEADED);
    for flags in [
        ["--gap", "30"],
        ["--watermark", "2020"],
        ["--watermark", "20200101"],
        ["--key", ""],
        ["--key", "user,"],
        ["--time", "0"],
        ["--delimiter", "ab"],
        ["--timezone", "Paris"],
        ["--time-format", "iso"],
        ["--max-rejects", "200%"],
        ["--threads", "0"],
        ["--memory", "much"],
        ["--gapp", "5m"],
    ] {
        let refused = folder.sessionize(&[&["run", "day.csv"], &flags[..]].concat()).expect_code(2);
        let line = error_line(&refused);
        assert!(line.contains(flags[0].trim_end_matches("pp")), "{line}");
        assert!(line.ends_with("; see 'sessionize run --help'"), "{line}");
        assert!(!folder.path(crate::support::STATE).exists(), "{flags:?}");
    }
}

#[test]
fn an_empty_list_is_told_from_a_missing_one() {
    let folder = Folder::new();
    folder.write("day.csv", HEADED);
    folder.sessionize(&["run", "day.csv"]).expect_code(0);
    let report = folder.sessionize(&["inspect", "--key", "nobody"]).expect_code(0).stdout;
    assert!(report.ends_with("\nopen sessions\n  none\n"), "{report}");
    let runs = folder.sessionize(&["inspect", "--runs"]).expect_code(0).stdout;
    assert!(
        runs.contains("  run  state  started               kind   rows  late  rejected  sessions  files\n"),
        "{runs}"
    );
}
