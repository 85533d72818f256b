//! The recipes of `docs/inputs.md`: each command, run on the file above it, gives the sessions below it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use crate::support::{Finished, Folder};
use std::path::Path;
use std::process::Command;

/// The sources that have a recipe, in the order of the page.
const SOURCES: [&str; 13] = [
    "nginx",
    "Apache",
    "CloudFront",
    "IIS",
    "ALB",
    "BigQuery",
    "Snowflake",
    "GA4",
    "Segment",
    "Snowplow",
    "Excel",
    "PostgreSQL",
    "Spark",
];

/// A section of the page.
struct Recipe {
    source: String,
    /// The files, with their names.
    files: Vec<(String, String)>,
    /// The commands, with what they print; of one that has nothing below it, that is left open.
    commands: Vec<(String, String)>,
}

fn recipes() -> Vec<Recipe> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/inputs.md");
    let text = std::fs::read_to_string(page).unwrap();
    let mut recipes: Vec<Recipe> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(source) = line.strip_prefix("## ") {
            let (files, commands) = (Vec::new(), Vec::new());
            recipes.push(Recipe { source: source.to_owned(), files, commands });
        } else if let Some(kind) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let recipe = recipes.last_mut().unwrap();
            match kind.strip_prefix("text ") {
                Some(name) => recipe.files.push((name.to_owned(), block.join("\n") + "\n")),
                None if kind == "console" => add_commands(&block, &mut recipe.commands),
                None => panic!("a block of {kind}"),
            }
        }
    }
    recipes
}

fn add_commands(block: &[&str], commands: &mut Vec<(String, String)>) {
    for line in block {
        match line.strip_prefix("$ ") {
            Some(command) => commands.push((command.to_owned(), String::new())),
            None => commands.last_mut().unwrap().1.extend([line, "\n"]),
        }
    }
}

/// The header, and behind it the rows in no order.
fn sorted(output: &str) -> (Option<&str>, Vec<&str>) {
    let mut lines = output.lines();
    let header = lines.next();
    let mut rows: Vec<&str> = lines.collect();
    rows.sort_unstable();
    (header, rows)
}

#[test]
fn every_source_has_a_recipe_that_gives_its_sessions() {
    let recipes = recipes();
    assert_eq!(recipes.iter().map(|recipe| recipe.source.as_str()).collect::<Vec<_>>(), SOURCES);
    let program = Path::new(env!("CARGO_BIN_EXE_sessionize")).parent().unwrap().to_str().unwrap();
    let path = format!("{program}:{}", std::env::var("PATH").unwrap_or_default());
    for Recipe { source, files, commands } in recipes {
        assert!(!files.is_empty() && commands.len() == 2, "{source}");
        let folder = Folder::new();
        for (name, content) in files {
            folder.write(&name, content);
        }
        for (command, output) in commands {
            let mut shell = Command::new("sh");
            shell.args(["-c", &command]).current_dir(folder.path("")).env("PATH", &path);
            let finished = Finished::of(shell, b"");
            assert_eq!(finished.code, Some(0), "{source}: $ {command}\n{}", finished.stderr);
            if !output.is_empty() {
                assert_eq!(sorted(&finished.stdout), sorted(&output), "{source}: $ {command}");
            }
        }
    }
}
