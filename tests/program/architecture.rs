//! Holds the code against two tables: `docs/architecture.md` says which module may import which, `docs/dependencies.md` which
//! module may use which crate. And no file or function may outgrow its size.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![expect(clippy::disallowed_methods, reason = "reads the sources")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const MAX_FILE_LINES: usize = 500;
const MAX_FUNCTION_LINES: usize = 70;
const MAX_MEDIAN_FUNCTION_LINES: usize = 10;
const MAX_MAIN_LINES: usize = 40;

/// Modules without files, clocks, threads, processes, environment, beside all of `core`.
const PURE: [&str; 7] = ["definition", "figures", "html", "ledger", "proposal", "purged", "sessionizer"];
/// What the core alone has of the module `state`.
const PURE_STATE: [&str; 2] = ["src/state/rows/", "src/state/frame.rs"];
const NOT_IN_THE_CORE: [&str; 12] = [
    "std::fs",
    "std::io",
    "std::net",
    "std::thread",
    "std::process",
    "std::env",
    "std::os",
    "Instant",
    "SystemTime",
    "serde",
    "rayon",
    "log::",
];

/// A source file of the program.
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) module: String,
    /// Modules from the crate's root down to this one.
    pub(super) depth: usize,
    pub(super) text: String,
    /// The text without comments and tests.
    pub(super) code: String,
}

#[test]
fn no_module_imports_what_its_layer_forbids() {
    let layers = layers();
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(allowed) = layers.get(&source.module) else {
            wrong.push(format!(
                "{}: docs/architecture.md has no module {}",
                source.path.display(),
                source.module
            ));
            continue;
        };
        for module in modules_named_in(&source.code) {
            if module != source.module && !may_import(allowed, &module) {
                wrong.push(format!("{}: {} may not import {module}", source.path.display(), source.module));
            }
        }
        if supers(&source.code) >= source.depth {
            wrong.push(format!("{}: leaves its module through super::", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "move the code, or argue in docs/architecture.md:\n{}", wrong.join("\n"));
}

#[test]
fn the_layers_have_one_direction() {
    let layers = layers();
    assert!(layers.len() >= 18, "the table in docs/architecture.md was not found: {layers:?}");
    let mut settled: BTreeSet<&String> = BTreeSet::new();
    while settled.len() < layers.len() {
        let next = layers.iter().find(|(module, allowed)| {
            let is_settled = |other: &String| other == "core" || settled.contains(other);
            !settled.contains(module) && allowed.iter().all(is_settled)
        });
        let Some((module, _)) = next else {
            let rest: Vec<_> = layers.keys().filter(|module| !settled.contains(module)).collect();
            panic!("these modules import each other in a circle, or one that is not there: {rest:?}");
        };
        settled.insert(module);
    }
}

#[test]
fn the_core_sees_no_file_clock_thread_or_environment() {
    let is_pure = |source: &Source| {
        let path = source.path.to_str().unwrap();
        source.module.starts_with("core::")
            || PURE.contains(&source.module.as_str())
            || PURE_STATE.iter().any(|part| path.contains(part))
    };
    for source in sources().iter().filter(|source| is_pure(source)) {
        for name in NOT_IN_THE_CORE {
            assert!(!has_word(&source.code, name), "{} uses {name}", source.path.display());
        }
    }
}

#[test]
fn every_dependency_stays_in_the_modules_that_may_know_it() {
    let modules_by_crate = crate_modules();
    let listed: BTreeSet<String> = modules_by_crate.keys().cloned().collect();
    assert_eq!(listed, dependencies(), "docs/dependencies.md and Cargo.toml name different crates");
    for source in sources() {
        for (name, modules) in &modules_by_crate {
            let used = has_word(&source.code, &format!("{}::", name.replace('-', "_")));
            let known = modules.iter().any(|module| source.module.ends_with(module.as_str()));
            assert!(!used || known, "{}: {} may not know {name}", source.path.display(), source.module);
        }
    }
}

#[test]
fn nothing_outgrows_its_size() {
    let mut functions = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        let limit = if source.path.ends_with("src/main.rs") { MAX_MAIN_LINES } else { MAX_FILE_LINES };
        assert!(lines <= limit, "{} has {lines} lines, more than {limit}", source.path.display());
        for (name, lines) in function_lengths(&source.text) {
            let place = source.path.display();
            assert!(lines <= MAX_FUNCTION_LINES, "{place}: {name} has {lines} lines");
            functions.push(lines);
        }
    }
    functions.sort_unstable();
    assert!(functions.len() > 300, "functions are no longer found: {}", functions.len());
    let median = functions[functions.len() / 2];
    assert!(median <= MAX_MEDIAN_FUNCTION_LINES, "half of all functions have more than {median} lines");
}

#[test]
fn this_test_sees_what_it_forbids() {
    let code =
        "use crate::{input::Block, output::{a, b}};\nfn f() -> crate::core::gap::Gap { my_crate::x() }\n";
    assert_eq!(modules_named_in(code), ["input", "output", "core::gap"]);
    assert_eq!(supers("super::super::event::x(super::y)"), 2);
    let text = "//! crate::cli\nfn a() {}\n#[cfg(test)]\nmod tests {\n    use crate::cli;\n}\nfn b() {}\n";
    assert_eq!(code_of(text), "fn a() {}\nfn b() {}\n");
    assert!(has_word("a serde::x", "serde") && !has_word("deserde::x", "serde"));
    assert_eq!(
        function_lengths("    pub fn a(\n    ) {\n        1\n    }\nfn b() {}\n"),
        [("a", 4), ("b", 1)]
    );
}

/// Module to the modules that it may import, from the first table of `docs/architecture.md`.
fn layers() -> BTreeMap<String, BTreeSet<String>> {
    let rows = table("docs/architecture.md", "may import");
    rows.into_iter().map(|row| (row[0].clone(), words(&row[2]))).collect()
}

/// Crate to the modules that may use it.
fn crate_modules() -> BTreeMap<String, BTreeSet<String>> {
    let rows = table("docs/dependencies.md", "modules");
    rows.into_iter().map(|row| (row[0].clone(), words(&row[1]))).collect()
}

/// The rows of every table of a page whose header row has a column of this name, without backticks.
pub(super) fn table(page: &str, column: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()
    };
    let mut rows = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if !line.starts_with('|') {
            inside = false;
        } else if cells(line).iter().any(|cell| cell == column) {
            inside = true;
        } else if inside && !line.starts_with("|-") {
            rows.push(cells(line));
        }
    }
    rows
}

fn words(cell: &str) -> BTreeSet<String> {
    cell.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

/// The crates of `Cargo.toml`, those of the tests too.
fn dependencies() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut found = BTreeSet::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if let Some((name, _)) = line.split_once('=').filter(|_| inside) {
            found.insert(name.trim().to_owned());
        }
    }
    found
}

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(super) fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join("src"), &[], &mut found);
    // A crate of its own above all modules, which cargo keeps from their insides.
    found.retain(|source| !source.path.starts_with(root().join("src/python")));
    collect(&root().join("migrations"), &["migrations"], &mut found);
    found
}

/// Every Rust file of the program below `folder`, whose modules are `above`. Files of tests are left out.
fn collect(folder: &Path, above: &[&str], found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            collect(&path, &[above, &[stem.as_str()]].concat(), found);
        } else if path.extension().is_some_and(|ending| ending == "rs")
            && stem != "tests"
            && !stem.ends_with("_tests")
        {
            let modules = if stem == "mod" { above.to_vec() } else { [above, &[stem.as_str()]].concat() };
            // These only name what others have.
            if modules == ["lib"] || modules == ["core"] || modules == ["internals"] {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            // The modules of the core have layers of their own.
            let parts = if modules[0] == "core" { 2 } else { 1 };
            let module = modules[..parts].join("::");
            let (depth, code) = (modules.len() + 1 - parts, code_of(&text));
            found.push(Source { path, module, depth, text, code });
        }
    }
}

/// A source without comments and without the items behind `#[cfg(test)]`.
pub(super) fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        if line != "#[cfg(test)]" {
            code.push_str(line);
            code.push('\n');
            continue;
        }
        let item = lines.by_ref().find(|line| !line.starts_with("#["));
        if item.is_some_and(|item| item.ends_with('{')) {
            lines.by_ref().find(|line| *line == "}");
        }
    }
    code
}

/// The first name behind every `crate::`, the first two of the core.
fn modules_named_in(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(is_word) {
            continue;
        }
        let path = &code[at + "crate::".len()..];
        let Some(group) = path.strip_prefix('{') else {
            found.push(module_at(path));
            continue;
        };
        let mut depth = 1;
        found.push(first_word(group));
        for (at, character) in group.char_indices() {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => found.push(first_word(&group[at + 1..])),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found.retain(|module| !module.is_empty());
    found
}

/// The longest chain of `super::` in a source.
fn supers(code: &str) -> usize {
    (1..9).take_while(|&count| code.contains(&"super::".repeat(count))).count()
}

/// The module that a path begins with.
fn module_at(path: &str) -> String {
    match path.strip_prefix("core::") {
        Some(inner) => format!("core::{}", first_word(inner)),
        None => first_word(path),
    }
}

/// Whether a list of modules has `module`, or the whole core if that is where it is.
fn may_import(allowed: &BTreeSet<String>, module: &str) -> bool {
    allowed.contains(module) || module.starts_with("core::") && allowed.contains("core")
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|&character| is_word(character)).collect()
}

pub(super) fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let behind = &code[at + word.len()..];
        !code[..at].ends_with(is_word) && (word.ends_with(':') || !behind.starts_with(is_word))
    })
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Names and lines of the functions in formatted code: each ends at a brace as far in as it began.
fn function_lengths(text: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let Some((before, rest)) = line.split_once("fn ") else { continue };
        if before.split_whitespace().any(|word| word != "const" && !word.starts_with("pub")) {
            continue;
        }
        let indent = before.len() - before.trim_start().len();
        let name = &rest[..rest.find(|character| !is_word(character)).unwrap_or(rest.len())];
        found.push((name, length_of_function(&lines[number..], indent)));
    }
    found
}

fn length_of_function(lines: &[&str], indent: usize) -> usize {
    let mut in_body = false;
    for (number, line) in lines.iter().enumerate() {
        let ends_here =
            if in_body { line.trim() == "}" && line.len() == indent + 1 } else { line.ends_with(['}', ';']) };
        if ends_here {
            return number + 1;
        }
        in_body |= line.ends_with('{');
    }
    lines.len()
}
