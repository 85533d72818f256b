//! Shells and `man`: each is asked itself what it makes of completions and manual pages.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "reads what was written")]
#![allow(clippy::print_stderr, reason = "says what was skipped")]

#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use support::{Finished, Folder};

/// Whether there is such a program; if not, it says so.
fn is_here(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if found.is_err() {
        eprintln!("!!!! {program} IS NOT HERE: its part was not tested (apt-get install {program}) !!!!");
    }
    found.is_ok()
}

/// A folder with a file of events and, if it is wanted, a configuration file that names it.
fn folder(config: bool) -> Folder {
    let folder = Folder::in_memory();
    folder.write("events.csv", "user_id,url,user_agent,at\nann,/,x,2020-01-01 10:00:00\n");
    folder.write("numbers.csv", "ann,2020-01-01 10:00:00\n");
    if config {
        folder.write("sessionize.toml", "batch = 'events.csv'\n");
    }
    folder
}

/// What bash proposes for a line whose last word is being typed.
fn proposed_by_bash(folder: &Folder, words: &[&str]) -> Vec<String> {
    let program = folder.command(&[]);
    let programs = Path::new(program.get_program()).parent().unwrap().display().to_string();
    let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "source <(sessionize completions bash)\n\
         COMP_WORDS=({}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMP_TYPE=9\n\
         complete -p sessionize >/dev/null && _clap_complete_sessionize sessionize \"${{COMP_WORDS[COMP_CWORD]}}\"\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.join(" ")
    );
    let mut shell = Command::new("bash");
    shell.args(["--norc", "-c", &script]).current_dir(folder.path(""));
    shell.env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap()));
    let finished = Finished::of(shell, b"").expect_code(0);
    finished.stdout.lines().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
}

#[test]
fn bash_completes_commands_flags_and_values() {
    if !is_here("bash") {
        return;
    }
    let folder = folder(true);
    let proposed = |words: &[&str]| proposed_by_bash(&folder, words);
    assert_eq!(proposed(&["sessionize", "fin"]), ["finalize"]);
    assert_eq!(proposed(&["sessionize", "run", "--watermark-d"]), ["--watermark-delay"]);
    assert_eq!(proposed(&["sessionize", "run", "--late", ""]), ["side", "drop"]);
}

#[test]
fn bash_completes_the_columns_of_the_file() {
    if !is_here("bash") {
        return;
    }
    for (config, begin) in [(true, &["sessionize", "run"][..]), (false, &["sessionize", "run", "events.csv"])]
    {
        let folder = folder(config);
        let proposed = |words: &[&str]| proposed_by_bash(&folder, &[begin, words].concat());
        assert_eq!(proposed(&["--key", "us"]), ["user_id", "user_agent"]);
        assert_eq!(proposed(&["--key", "user_id,a"]), ["user_id,at"]);
        assert_eq!(proposed(&["--time", ""]), ["user_id", "url", "user_agent", "at"]);
    }
    let without = folder(false);
    assert_eq!(proposed_by_bash(&without, &["sessionize", "run", "--key", ""]), Vec::<String>::new());
    let numbers = ["sessionize", "run", "numbers.csv", "--key", ""];
    assert_eq!(proposed_by_bash(&without, &numbers), Vec::<String>::new());
}

#[test]
fn other_shells_take_their_scripts() {
    let folder = folder(false);
    for (shell, checks) in [("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["--no-execute"])] {
        let script = folder.sessionize(&["completions", shell]).expect_code(0).stdout;
        assert!(script.contains("SESSIONIZE_COMPLETE"), "{script}");
        folder.write("script", script);
        if is_here(shell) {
            let mut checked = Command::new(shell);
            checked.args(checks).arg(folder.path("script"));
            Finished::of(checked, b"").expect_code(0);
        }
    }
    let wrong = folder.sessionize(&["completions", "tcsh"]).expect_code(2);
    assert!(wrong.stderr.contains("bash, zsh, fish"), "{}", wrong.stderr);
}

#[test]
fn every_command_has_a_manual_page_with_its_flags() {
    let folder = folder(false);
    fs::create_dir(folder.path("man1")).unwrap();
    folder.sessionize(&["man", "man1"]).expect_code(0);
    let page = |name: &str| fs::read_to_string(folder.path("man1").join(name)).unwrap();
    assert!(page("sessionize.1").contains("batch after batch"));
    for command in ["run", "finalize", "inspect", "status", "verify", "deliver", "rollback"] {
        let text = page(&format!("sessionize-{command}.1"));
        assert!(text.starts_with(".ie") || text.starts_with(".TH") || text.contains(".TH "), "{text}");
    }
    assert!(page("sessionize-run.1").contains("watermark"));
    if is_here("man") {
        let mut man = Command::new("man");
        man.args(["--warnings", "-l"]).arg(folder.path("man1/sessionize-run.1")).env("MANPAGER", "cat");
        man.env("MANWIDTH", "100");
        let shown = Finished::of(man, b"").expect_code(0);
        assert_eq!(shown.stderr, "");
        assert!(shown.stdout.contains("--watermark-delay"), "{}", shown.stdout);
    }
    let unwritable = folder.sessionize(&["man", "nowhere"]).expect_code(1);
    assert!(unwritable.stderr.contains("nowhere: cannot write the manual pages"), "{}", unwritable.stderr);
}
