//! What the README says is true: its commands print what stands below them, its links lead somewhere, its exit codes are
//! those of `--help`. The links of all other pages are followed too.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![expect(clippy::disallowed_methods, reason = "reads the documentation")]

use crate::support::{Finished, Folder};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(page: &Path) -> String {
    std::fs::read_to_string(root().join(page)).unwrap()
}

/// The README and everything below `docs/`.
fn pages() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let docs = docs.map(|name| Path::new("docs").join(name)).filter(|path| path.extension().is_some());
    std::iter::once(PathBuf::from("README.md")).chain(docs).collect()
}

/// Commands of `console` blocks with the output below them.
fn commands(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            found.push((command.to_owned(), String::new()));
        } else if let Some((_, output)) = found.last_mut().filter(|_| inside) {
            *output += line;
            *output += "\n";
        }
    }
    found
}

/// Times that a command has taken stand as `N s`.
fn masked(text: &str) -> String {
    let mask = |line: &str| match line.split_once(" committed in ") {
        Some((run, _)) => format!("{run} committed in N s\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(mask).collect()
}

/// A folder like a fresh clone: the sample data, nothing else.
fn clone() -> Folder {
    let folder = Folder::new();
    for day in ["data/sample/day-1.csv", "data/sample/day-2.csv"] {
        folder.write(day, std::fs::read(root().join(day)).unwrap());
    }
    folder
}

fn run(folder: &Folder, command: &str) -> Finished {
    let program = Path::new(env!("CARGO_BIN_EXE_sessionize")).parent().unwrap().to_str().unwrap();
    let command = command.replace("cargo run --release -- ", "sessionize ");
    let mut shell = Command::new("sh");
    let path = format!("{program}:{}", std::env::var("PATH").unwrap_or_default());
    shell.args(["-c", &command]).current_dir(folder.path("")).env("PATH", path).env_remove("RUST_LOG");
    Finished::of(shell, b"")
}

#[test]
fn commands_print_what_the_readme_says() {
    let readme = read(Path::new("README.md"));
    let commands = commands(&readme);
    assert!(commands[0].0.starts_with("cargo run --release -- run"), "the first screen: {:?}", commands[0]);
    let test = commands.iter().find(|(command, _)| command == "cargo test").expect("the test command");
    assert!(test.1.contains("\ntest result: ok. ") && test.1.contains("; 0 failed; "));
    let input = std::fs::read_to_string(root().join("data/sample/day-1.csv")).unwrap();
    let first_lines: Vec<&str> = input.lines().take(4).collect();
    assert!(readme.contains(&first_lines.join("\n")), "the first screen shows the input");
    let folder = clone();
    for (command, output) in commands.iter().filter(|(command, _)| command != "cargo test") {
        let finished = run(&folder, command).expect_code(0);
        assert_eq!(masked(&finished.stdout), masked(output), "$ {command}");
    }
}

#[test]
fn exit_codes_are_those_of_help() {
    let block = |text: &str| -> Vec<String> {
        let is_code =
            |line: &&str| line.split_whitespace().next().is_some_and(|word| word.parse::<u8>().is_ok());
        text.lines().map(str::trim).filter(is_code).map(str::to_owned).collect()
    };
    let help = Folder::new().sessionize(&["--help"]).expect_code(0).stdout;
    let readme = read(Path::new("README.md"));
    let listed = readme.split("## Exit codes").nth(1).and_then(|text| text.split("```").nth(1)).unwrap();
    assert_eq!(block(listed), block(&help));
    assert!(block(listed).len() >= 8);
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = read(&page);
        for (at, _) in text.match_indices("](") {
            let target = &text[at + 2..];
            let target = &target[..target.find(')').unwrap()];
            if target.starts_with("https://") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            if !root().join(&file).is_file() || !has_heading(&file, heading) {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "these links lead nowhere:\n{}", broken.join("\n"));
}

/// Whether a page has a heading with this anchor, made as the usual hosts make it.
fn has_heading(page: &Path, anchor: &str) -> bool {
    let anchor_of = |line: &str| -> String {
        let kept = |character: &char| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_');
        let title: String = line.trim_start_matches('#').trim().to_lowercase().chars().filter(kept).collect();
        title.replace(' ', "-")
    };
    anchor.is_empty()
        || read(page).lines().filter(|line| line.starts_with('#')).any(|line| anchor_of(line) == anchor)
}
