//! The script that measures this program against others must notice when they do not do the same work: a time for other
//! sessions is worth nothing. No time is looked at here.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![expect(clippy::disallowed_methods, reason = "starts the script and writes a wrapper")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

fn versus(folder: &Path, arguments: &[&str]) -> Output {
    run("tests/bench/versus.sh", folder, arguments)
}

fn run(script: &str, folder: &Path, arguments: &[&str]) -> Output {
    Command::new("bash")
        .arg(script)
        .args(arguments)
        .env("BIN", env!("CARGO_BIN_EXE_sessionize"))
        .env("DIR", folder)
        .output()
        .unwrap()
}

#[test]
fn another_way_to_the_same_sessions_gets_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let output = versus(folder.path(), &["--smoke"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("| smoke | sort-awk |"), "{said}");
    assert!(said.contains("20000 events"), "{said}");
}

#[test]
fn the_same_events_in_another_format_get_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--set", "smoke", "--runs", "1", "--contenders", "sessionize,jsonl,weblog"];
    let output = run("tests/bench/formats.sh", folder.path(), &arguments);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("| smoke | jsonl |") && said.contains("| smoke | weblog |"), "{said}");
}

#[test]
fn other_sessions_get_no_time() {
    let folder = tempfile::tempdir().unwrap();
    let wrapper = folder.path().join("other-gap");
    let script =
        "#!/bin/sh\nif [ \"$1\" = run ]; then exec \"$BIN\" \"$@\" --gap 1m; fi\nexec \"$BIN\" \"$@\"\n";
    std::fs::write(&wrapper, script).unwrap();
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let other = wrapper.to_str().unwrap();
    let output = versus(folder.path(), &["--works", "smoke", "--runs", "1", "--peers", other]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("other-gap is WRONG"), "{said}");
    assert!(!said.contains(&format!("| smoke | {other} |")), "{said}");
}
