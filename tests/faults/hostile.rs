//! Input that is made to hurt: a clear error or the right sessions, in bounded address space.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

use crate::support::{Folder, OUT, output_name, read_csv};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

#[test]
fn a_gzip_bomb_ends_at_the_limit() {
    let folder = Folder::new();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..1_000 {
        encoder.write_all(&b"ann,2020-01-01 10:00:00\n".repeat(1_000)).unwrap();
    }
    folder.write("bomb.gz", encoder.finish().unwrap());
    let reported = folder.sessionize(&["run", "bomb.gz", "--max-bytes=1MB"]).expect_code(65).stderr;
    assert!(reported.contains("--max-bytes") && reported.contains("bomb.gz"), "{reported}");
    assert!(folder.files(OUT).keys().all(|path| !path.ends_with("run-00000001.csv")));
    folder.sessionize(&["run", "bomb.gz", "--max-bytes=25MB"]).expect_code(0);
}

#[test]
fn a_line_without_end_and_a_key_too_long_are_told() {
    let folder = Folder::new();
    folder.write("line.csv", vec![b'x'; 70 << 20]);
    let reported = folder.sessionize(&["run", "line.csv"]).expect_code(65).stderr;
    assert!(reported.contains("longer than"), "{reported}");
    let key = "k".repeat(100_000);
    folder.write("key.csv", format!("{key},2020-01-01 10:00:00\nann,2020-01-01 10:00:00\n"));
    let report =
        folder.sessionize(&["run", "key.csv", "--max-rejects=1", "--report=json"]).expect_code(0).json();
    assert_eq!(report["rejects"]["key-too-long"], 1);
}

#[test]
fn nul_bytes_in_a_key_are_bytes_like_others() {
    let folder = Folder::new();
    folder.write("nul.csv", b"a\0b,2020-01-01 10:00:00\n\0,2020-01-01 10:00:00\n");
    folder.sessionize(&["run", "nul.csv"]).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    let mut keys: Vec<String> = folder.sessions().into_iter().map(|session| session.key.concat()).collect();
    keys.sort();
    assert_eq!(keys, ["\0", "a\0b"]);
}

#[test]
fn a_first_row_of_millions_of_columns_is_refused_in_one_short_line() {
    let folder = Folder::in_memory();
    for (name, row) in [("plain.csv", ",".repeat(2 << 20)), ("quoted.csv", "\"a\",".repeat(2 << 20))] {
        folder.write(name, format!("{row}\nann,2020-01-01 10:00:00\n"));
        let reported = folder.sessionize(&["run", name]).expect_code(65).stderr;
        assert!(reported.contains("more than 1048576 columns") && reported.len() < 300, "{reported}");
    }
}

#[test]
fn rows_of_millions_of_fields_are_rejects_among_others() {
    let folder = Folder::in_memory();
    for (number, field) in [(1, ""), (2, "\"x,\ny\"")] {
        let wide = format!("{field},").repeat(3 << 20 >> number);
        let day = format!("ann,2020-01-0{number} 10:00:00\n{wide}\nann,2020-01-0{number} 10:01:00\n");
        folder.write("day.csv", day);
        let report =
            folder.sessionize(&["run", "day.csv", "--max-rejects=1", "--report=json"]).expect_code(0);
        let report = report.json();
        assert_eq!(
            (&report["rejects"]["too-many-fields"], &report["events_accepted"]),
            (&1.into(), &2.into())
        );
        let rejects = std::fs::read(folder.path(&output_name("rejects", number))).unwrap();
        assert!(rejects.ends_with(format!(",2,too-many-fields,{wide}\n").as_bytes()), "whole, with its line");
    }
}

#[test]
fn a_header_of_many_or_of_long_names_is_shown_in_part() {
    let folder = Folder::in_memory();
    let names: Vec<String> = (0..200_000).map(|number| format!("n{number}")).collect();
    folder.write("many.csv", names.join(",") + "\n");
    folder.write("long.csv", format!("{},{}\n", "é".repeat(100_000), "b".repeat(100_000)));
    for (name, piece) in [("many.csv", "n49 and 199950 more"), ("long.csv", "éé")] {
        let reported = folder.sessionize(&["run", name, "--key=nobody", "--time=1"]).expect_code(65).stderr;
        assert!(reported.contains("no column nobody") && reported.contains(piece), "{reported}");
        assert!(reported.len() < 2_000, "{} bytes", reported.len());
    }
    // Emitted events have all columns; those of a later file are found whatever their order.
    let header = |names: &[String]| format!("{},time\n", names.join(","));
    folder.write("1.csv", header(&names[..20_000]));
    let mut reversed = names[..20_000].to_vec();
    reversed.reverse();
    folder.write("2.csv", header(&reversed));
    folder.write("3.csv", header(&names[..20_001]));
    folder
        .sessionize(&["run", "1.csv", "2.csv", "--key=n0", "--time=time", "--emit=events", "--header=yes"])
        .expect_code(0);
    let reported = folder.sessionize(&["run", "3.csv"]).expect_code(65).stderr;
    assert!(reported.contains("and 19951 more, but this file has") && reported.len() < 4_000, "{reported}");
}

/// XXH3-64 multiplies the first eight bytes, each changed by a constant that everybody knows, with the next eight. Where they
/// are that constant the product is zero, whatever the next eight bytes are.
fn colliding_key(number: usize) -> Vec<u8> {
    let constant = [0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe];
    [&constant[..], format!("{number:08}").as_bytes(), b"the same for all"].concat()
}

#[test]
fn keys_that_collide_in_every_bit_of_their_hash_are_told_apart() {
    const KEYS: usize = 20_000;
    let hash = |number| sessionize::internals::KeyHash::of(&colliding_key(number)).whole();
    assert!((1..100).all(|number| hash(number) == hash(0)), "they do collide");
    let rows = |minute: usize| {
        let row = |number| {
            [&colliding_key(number)[..], format!(",2020-01-01 10:0{minute}:00\n").as_bytes()].concat()
        };
        (0..KEYS).flat_map(row).collect::<Vec<u8>>()
    };
    for rules in [&[][..], &["--max-events=9"]] {
        let folder = Folder::in_memory();
        folder.write("1.csv", rows(0));
        folder.write("2.csv", [rows(2), rows(1)].concat());
        folder.sessionize(&[&["run", "1.csv"], rules].concat()).expect_code(0);
        folder.sessionize(&["run", "2.csv"]).expect_code(0);
        let report = folder.sessionize(&["finalize", "--report=json"]).expect_code(0).json();
        assert_eq!(
            (&report["sessions_completed"], &report["events_completed"]),
            (&KEYS.into(), &(3 * KEYS).into())
        );
        let sessions = read_csv(&std::fs::read(folder.path(&output_name("sessions", 3))).unwrap());
        assert!(sessions[1..].iter().all(|session| session[5] == b"3"));
    }
}

#[test]
fn a_stream_without_end_ends_at_the_limit() {
    let folder = Folder::in_memory();
    let reported = folder.sessionize(&["run", "/dev/zero", "--max-bytes=1MB"]).expect_code(65).stderr;
    assert!(reported.contains("/dev/zero") && reported.contains("--max-bytes"), "{reported}");
    let report = folder.sessionize(&["run", "/dev/null", "--report=json"]).expect_code(0).json();
    assert_eq!(report["rows_read"], 0);
}

#[test]
fn a_further_byte_order_mark_is_data_whether_or_not_a_quote_is_near() {
    let folder = Folder::in_memory();
    let mark = "\u{FEFF}";
    for (number, row) in [(1, "bob,2020-01-01 10:00:01"), (2, "\"bob\",2020-01-01 10:00:02")] {
        folder.write("day.csv", format!("{mark}{mark}ann,2020-01-01 10:00:00\n{row}\n"));
        folder.sessionize(&["run", "day.csv", "--watermark-delay=1h"]).expect_code(0);
        folder.sessionize(&["finalize"]).expect_code(0);
        let mut keys: Vec<_> =
            folder.sessions_of_run(2).into_iter().map(|session| session.key.concat()).collect();
        keys.sort();
        assert_eq!(keys, ["bob", &format!("{mark}ann")], "{number}");
        std::fs::remove_dir_all(folder.path(OUT)).unwrap();
        std::fs::remove_dir_all(folder.path(crate::support::STATE)).unwrap();
    }
}

/// Paths and keys that would turn a terminal upside down, and more names than a line can hold.
#[test]
fn no_report_and_no_error_lets_names_speak_to_the_terminal() {
    let folder = Folder::in_memory();
    let name = |number: usize| format!("{}\u{1b}[2J\u{202e}\r{number:03}.csv", "long/".repeat(20));
    let names: Vec<String> = (0..700).map(name).collect();
    for (number, name) in names.iter().enumerate() {
        folder.write(name, format!("\u{1b}]0;k{number}\u{7},2020-01-01 10:00:00\n"));
    }
    let with_files = |first: &[&'static str]| -> Vec<String> {
        first.iter().map(|&word| word.to_owned()).chain(names.iter().cloned()).collect()
    };
    let bad = "\u{1b}[31m\u{9b}bad\n".repeat(20);
    folder.write("bad.csv", format!("{bad}ann,2020-01-02 10:00:00\n"));
    let steps: [(Vec<String>, i32); 9] = [
        (with_files(&["run", "--dry-run"]), 0),
        (with_files(&["run"]), 0),
        (with_files(&["run"]), 0),
        (vec!["inspect".into(), "--runs".into(), "--sessions".into()], 0),
        (vec!["run".into(), "bad.csv".into()], 65),
        (vec!["run".into(), "--key".into(), "\u{1b}[2J".repeat(9_000), names[0].clone()], 78),
        (vec!["run".into(), format!("{}\u{1b}", "n".repeat(200))], 66),
        (vec!["config".into(), "run".into(), "--source".into(), "\u{1b}[2J".repeat(9_000)], 0),
        (vec!["verify".into(), "--out".into(), "\u{1b}[2J".into()], 74),
    ];
    for (arguments, code) in steps {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let finished = folder.sessionize(&words).expect_code(code);
        for line in finished.stdout.lines().chain(finished.stderr.lines()) {
            assert!(line.chars().count() < 2_100, "{} characters", line.chars().count());
            assert!(!line.contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:?}");
        }
        assert!(finished.stdout.lines().count() < 800);
        let whole = &finished.stdout;
        if words[0] == "inspect" {
            assert!(whole.contains("and 699 more\n") && whole.contains(r"$'\x1b]0;k699\x07'"), "{whole}");
        }
    }
    let inspected = folder.sessionize(&["inspect", "--runs", "--report=json"]).expect_code(0).json();
    assert_eq!(inspected["ledger"][0]["files"].as_array().unwrap().len(), 700);
}

/// Keys are bytes: each can be asked for, and is shown as it can be given back.
#[test]
fn keys_that_are_no_text_are_found_and_told_apart() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::in_memory();
    folder.write("day.csv", b"M\xfcller,web,2020-01-01 10:00:00\nM\xfdller,web,2020-01-01 10:01:00\n\xff,\xfe,2020-01-01 10:02:00\n");
    folder.sessionize(&["run", "day.csv", "--key=1,2", "--time=3", "--header=no"]).expect_code(0);
    let look = |parts: &[&[u8]], format: &str| {
        let mut command = folder.command(&["inspect", format]);
        command.args(parts.iter().flat_map(|part| [OsStr::new("--key"), OsStr::from_bytes(part)]));
        crate::support::Finished::of(command, b"").expect_code(0)
    };
    let text = look(&[b"M\xfcller", b"web"], "--report=text").stdout;
    assert!(text.ends_with("  $'M\\xfcller',web\n"), "{text}");
    let found = look(&[b"\xff", b"\xfe"], "--report=json").json()["sessions"].clone();
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["key_parts"], serde_json::json!([{"hex": "ff"}, {"hex": "fe"}]));
    let mut purge = folder.command(&["purge"]);
    purge.arg("--key").arg(OsStr::from_bytes(b"M\xfdller")).args(["--key", "web", "--report=json"]);
    assert_eq!(crate::support::Finished::of(purge, b"").expect_code(0).json()["events_removed"], 1);
    assert_eq!(look(&[b"M\xfdller", b"web"], "--report=json").json()["sessions"], serde_json::json!([]));
}
