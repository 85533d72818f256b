//! The runbook, tried as written: its commands run one after the other, and every exit code has its section.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod support;

use support::Folder;

fn runbook() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md")).unwrap()
}

#[test]
fn every_command_of_the_runbook_works_as_written() {
    let folder = Folder::new();
    folder.write("day.csv", "ann,2020-01-01 10:00:00\n");
    let text = runbook();
    let blocks = text.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    let commands: Vec<&str> = blocks.flat_map(str::lines).collect();
    assert!(commands.len() >= 8, "{commands:?}");
    for (number, command) in commands.iter().enumerate() {
        let words: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(words[0], "sessionize", "{command}");
        folder.sessionize(&words[1..]).expect_code(0);
        if number == 0 {
            folder.write("wrong.csv", "bob,2020-01-02 10:00:00\n");
            folder.sessionize(&["run", "wrong.csv"]).expect_code(0);
        }
    }
}

#[test]
fn every_exit_code_has_a_section() {
    let text = runbook();
    let help = Folder::new().sessionize(&["--help"]).stdout;
    let codes = help.split("Exit codes:").nth(1).unwrap().lines().map(str::trim);
    let codes: Vec<&str> = codes.filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(codes.len(), 8, "{codes:?}");
    for code in codes.iter().filter(|code| **code != "0") {
        assert!(text.contains(&format!("\n## Exit code {code}: ")), "{code}");
    }
}
