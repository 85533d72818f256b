//! What docs/ecosystem.md lists has a test that is there, names it, and is run by `.ci/run`; and what the program and its other pages
//! work with is listed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![expect(clippy::disallowed_methods, reason = "reads the documentation and the tests")]

use super::architecture::{root, table};
use std::collections::BTreeSet;

const PAGE: &str = "docs/ecosystem.md";

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_default()
}

/// A cell with the text of its links only.
fn without_targets(cell: &str) -> String {
    let parts = cell.split("](").enumerate();
    let parts =
        parts.map(|(at, part)| if at == 0 { part } else { part.split_once(')').unwrap_or(("", "")).1 });
    parts.collect::<String>().replace('[', "")
}

/// What is listed, with the file of its test.
fn listed() -> Vec<(String, String)> {
    let rows = table(PAGE, "test");
    rows.iter().map(|row| (without_targets(&row[0]), without_targets(row.last().unwrap()))).collect()
}

/// Whether `.ci/run` runs what is in this file: `cargo test` does, or a loop over suites.
fn is_run(test: &str, everything: &str) -> bool {
    let by_cargo = ["tests/program/", "tests/semantics/", "tests/faults/", "tests/scenarios/", ".ci/"];
    let loops = everything.split("for suite in ").skip(1).map(|rest| rest.split(';').next().unwrap());
    let mut suites = loops.flat_map(str::split_whitespace);
    by_cargo.iter().any(|folder| test.starts_with(folder))
        || suites.any(|suite| test.starts_with(&format!("tests/{suite}/")))
}

#[test]
fn each_line_has_a_test_that_names_it_and_is_run() {
    let everything = read(".ci/run");
    let listed = listed();
    assert!(listed.len() > 30, "the tables were not found: {listed:?}");
    let wrong = listed.iter().filter(|(name, test)| {
        !read(test).to_lowercase().contains(&name.to_lowercase()) || !is_run(test, &everything)
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "do not name it, or are not run");
}

/// The headings of this level in a section of a page, or in all of it.
fn headings(page: &str, level: &str, section: &str) -> Vec<String> {
    let text = read(page);
    let text = if section.is_empty() { &text } else { text.split_once(&format!("\n{section}\n")).unwrap().1 };
    let text = text.split("\n## ").next().filter(|_| !section.is_empty()).unwrap_or(text);
    text.lines().filter_map(|line| line.strip_prefix(&format!("{level} "))).map(str::to_owned).collect()
}

/// The packages that scripts make.
fn packages() -> Vec<String> {
    let files = std::fs::read_dir(root().join("src/packages")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(".sh").map(str::to_owned)).collect()
}

#[test]
fn whatever_it_works_with_is_listed() {
    let seams = table("docs/architecture.md", "also named in");
    let plugs = ["input format", "output format", "target"];
    let members = seams.into_iter().filter(|row| plugs.contains(&row[0].as_str())).map(|row| row[1].clone());
    let schedulers = headings("docs/scheduling.md", "##", "");
    let recipes = headings("docs/delivery.md", "###", "## Recipes");
    assert!(schedulers.len() >= 6 && recipes.len() >= 5 && packages().len() >= 3);
    let listed: BTreeSet<String> = listed().into_iter().map(|(name, _)| name).collect();
    let wanted = members.chain(schedulers).chain(recipes).chain(packages());
    let missing: Vec<String> = wanted.filter(|name| !listed.contains(name)).collect();
    assert_eq!(missing, Vec::<String>::new(), "are not in {PAGE}");
    let sources = headings("docs/inputs.md", "##", "");
    let page = read(PAGE);
    let missing: Vec<&String> = sources.iter().filter(|source| !page.contains(source.as_str())).collect();
    assert_eq!(missing, Vec::<&String>::new(), "are not in {PAGE}");
}
