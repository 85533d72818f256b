//! The documentation names only files, folders and tests that exist.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![expect(clippy::disallowed_methods, reason = "reads the documentation")]

use std::path::{Path, PathBuf};

const FOLDERS: [&str; 6] = [".ci/", "data/", "docs/", "migrations/", "src/", "tests/"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The README and the pages directly below `docs/`, by name, with their text.
fn pages() -> Vec<(String, String)> {
    let entries = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = entries.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let text_of = |page: PathBuf| (page.display().to_string(), std::fs::read_to_string(&page).unwrap());
    pages.chain([root().join("README.md")]).map(text_of).collect()
}

/// The words of a page; a word ends at a space or at anything that encloses a path.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let encloses = |character: char| character.is_whitespace() || "`()[]|,;:#\"'".contains(character);
    text.split(encloses).map(|word| word.trim_end_matches('.'))
}

/// Paths below the folders of the repository. `vN` and `vM` stand for any version.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let is_path = |word: &&str| FOLDERS.iter().any(|folder| word.starts_with(folder));
    words(text).filter(is_path).filter(|word| !word.contains("vN") && !word.contains("vM"))
}

/// `cargo test --test PROGRAM FILTER` in a page: the program and the filter, which may be empty.
fn commands(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("cargo test --test ").skip(1).map(|rest| {
        let command = rest.split(['`', '\n', '#', '|']).next().unwrap();
        let mut words = command.split_whitespace();
        (words.next().unwrap(), words.next().unwrap_or_default())
    })
}

/// Whether a file of the program has this name, or this in its text.
fn has_test(program: &str, filter: &str) -> bool {
    let files = std::fs::read_dir(root().join("tests").join(program)).into_iter().flatten();
    let matches = |file: PathBuf| {
        file.file_stem().is_some_and(|name| name == filter)
            || std::fs::read_to_string(&file).is_ok_and(|text| text.contains(&format!("fn {filter}")))
    };
    files.map(|entry| entry.unwrap().path()).any(matches)
}

/// Whether there is a file or a folder of this path; of a pattern, whether it finds one.
fn exists(path: &str) -> bool {
    let path = root().join(path);
    let found = |pattern: &str| glob::glob(pattern).unwrap().next().is_some();
    if path.to_string_lossy().contains('*') { found(path.to_str().unwrap()) } else { path.exists() }
}

#[test]
fn paths_in_the_documentation_exist() {
    let mut missing = Vec::new();
    let mut found = 0;
    for (page, text) in pages() {
        for path in paths(&text) {
            found += 1;
            if !exists(path) {
                missing.push(format!("{page}: {path}"));
            }
        }
    }
    assert!(found > 60, "the paths were not found: {found}");
    assert!(missing.is_empty(), "these do not exist:\n{}", missing.join("\n"));
}

#[test]
fn tests_in_the_documentation_exist() {
    let pages = pages();
    let commands: Vec<_> = pages.iter().flat_map(|(_, text)| commands(text)).collect();
    assert!(commands.len() >= 5, "the commands were not found: {commands:?}");
    let missing: Vec<_> = commands.iter().filter(|(program, filter)| !has_test(program, filter)).collect();
    assert!(missing.is_empty(), "there are no such tests: {missing:?}");
}

/// Where the links of a page lead, those to other sites aside: the text before `#`, and the heading behind it.
fn links(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let own = targets.filter(|target| !target.contains("://") && !target.contains(char::is_whitespace));
    own.map(|target| target.split_once('#').unwrap_or((target, "")))
}

/// Whether a page has a heading to which `anchor` leads: its letters in lower case, with dashes for blanks.
fn has_heading(page: &Path, anchor: &str) -> bool {
    let slug = |heading: &str| -> String {
        let heading = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        heading.chars().filter(|&character| character.is_alphanumeric() || "-_".contains(character)).collect()
    };
    let text = std::fs::read_to_string(page).unwrap_or_default();
    text.lines().filter(|line| line.starts_with('#')).any(|line| slug(line) == anchor)
}

#[test]
fn links_in_the_documentation_lead_somewhere() {
    let mut broken = Vec::new();
    let mut found = 0;
    for (page, text) in pages() {
        for (target, anchor) in links(&text) {
            found += 1;
            let path = if target.is_empty() {
                PathBuf::from(&page)
            } else {
                Path::new(&page).with_file_name(target)
            };
            if !path.exists() || !anchor.is_empty() && !has_heading(&path, anchor) {
                broken.push(format!("{page}: {target}#{anchor}"));
            }
        }
    }
    assert!(found > 100, "links are no longer found: {found}");
    assert!(broken.is_empty(), "these links lead nowhere: {broken:#?}");
}
