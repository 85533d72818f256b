//! Charts of `inspect`: what they show, that machines do not see them, and that colours are for a terminal.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "runs the program in a terminal")]
#![allow(clippy::print_stderr, reason = "says what was skipped")]

use crate::support::{Finished, Folder};
use std::collections::BTreeSet;
use std::process::Command;

/// Three open sessions: of one event, of two in five seconds, and of three in a minute, which began 61, 40 and 60 seconds before the
/// watermark.
const ROWS: &str = "ann,2020-01-01 10:00:00\nbob,2020-01-01 10:00:21\nbob,2020-01-01 10:00:26\n\
                    cat,2020-01-01 10:00:01\ncat,2020-01-01 10:00:30\ncat,2020-01-01 10:01:01\n";

fn after_two_runs() -> Folder {
    let folder = Folder::in_memory();
    for (name, rows) in [("0.csv", "dan,2019-01-01 10:00:00\n"), ("1.csv", ROWS)] {
        folder.write(name, rows);
        folder.sessionize(&["run", "--batch", name]).expect_code(0);
    }
    folder
}

#[test]
fn open_sessions_have_bars_and_runs_have_sparks() {
    let folder = after_two_runs();
    let text = folder.sessionize(&["inspect", "--sessions", "--runs"]).expect_code(0).stdout;
    let has = |line: &str| assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    let full = "█".repeat(32);
    let after = |heading: &str| {
        let (_, behind) = text.split_once(heading).unwrap();
        behind
            .lines()
            .skip(1)
            .take_while(|line| line.starts_with("    "))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    // 60 seconds are in the bin to one minute, 61 seconds in the next one.
    assert_eq!(
        after("age, from the first event to the watermark"),
        [
            "    0         0".to_owned(),
            "    to 10 s   0".to_owned(),
            "    to 30 s   0".to_owned(),
            format!("    to 1 min  2  {full}"),
            format!("    to 3 min  1  {}", "█".repeat(16)),
        ]
    );
    assert_eq!(after("events so far"), [1, 2, 3].map(|events| format!("    {events}  1  {full}")));
    assert_eq!(after("duration so far").len(), 4);
    has("  rows read: last 6, highest 6  ▂█");
    has("  sessions completed: last 1, highest 1  ·█");
    has("  sessions open: last 3, highest 3  ▃█");
    assert!(!text.contains('\u{1b}'), "no colours where there is no terminal");
    let of_one = folder.sessionize(&["inspect", "--key=ann"]).expect_code(0).stdout;
    assert!(!of_one.contains("age, from"), "one session is no distribution: {of_one}");
}

#[test]
fn machines_see_the_fields_of_before() {
    let folder = after_two_runs();
    let report =
        folder.sessionize(&["inspect", "--sessions", "--runs", "--report=json"]).expect_code(0).json();
    let names: BTreeSet<&str> = report.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(!names.contains("open") && names.contains("sessions"), "{names:?}");
    let run: BTreeSet<&str> = report["ledger"][0].as_object().unwrap().keys().map(String::as_str).collect();
    assert!(!run.contains("sessions_open") && run.contains("sessions_completed"), "{run:?}");
}

/// The program in a terminal of its own, which `script` of util-linux makes.
fn in_a_terminal(folder: &Folder, environment: &[(&str, &str)]) -> Option<Finished> {
    let program = folder.command(&[]).get_program().to_str().unwrap().to_owned();
    let mut script = Command::new("script");
    script.args(["-qec", &format!("{program} inspect --sessions"), "/dev/null"]);
    script.current_dir(folder.path("")).env_remove("NO_COLOR").env("TERM", "xterm");
    script.envs(environment.iter().copied());
    Command::new("script").arg("--version").output().is_ok().then(|| Finished::of(script, b""))
}

#[test]
fn colours_are_for_a_terminal_that_wants_them() {
    let folder = after_two_runs();
    let Some(coloured) = in_a_terminal(&folder, &[]) else {
        eprintln!("!!!! COLOURS WERE NOT CHECKED: there is no script here (apt-get install bsdutils) !!!!");
        return;
    };
    assert!(coloured.stdout.contains("\u{1b}[36m█"), "{}", coloured.stdout);
    for environment in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let plain = in_a_terminal(&folder, &[environment]).unwrap().stdout;
        assert!(plain.contains('█') && !plain.contains('\u{1b}'), "{environment:?}: {plain}");
    }
    let empty = in_a_terminal(&folder, &[("NO_COLOR", "")]).unwrap().stdout;
    assert!(empty.contains("\u{1b}[36m█"), "an empty NO_COLOR is none: {empty}");
}
