//! Files of one module import each other in one direction: whoever reads a file needs only what lies below it.
//!
//! A path (`super::a::B`, `crate::a::B`, in a `mod.rs` also `a::B`) is followed through re-exports to the file that has the item. A
//! re-export by itself imports nothing.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "reads the sources")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The path of a module from the crate's root.
type Module = Vec<String>;

/// The files of the program by module.
#[derive(Default)]
struct Files {
    code: BTreeMap<Module, String>,
    /// Names that a module passes on, with the paths behind them.
    exports: BTreeMap<Module, BTreeMap<String, Module>>,
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Files::default();
    files.read(&root.join("src"), &[]);
    files.read(&root.join("migrations"), &["migrations".to_owned()]);
    assert!(files.code.len() > 150, "the sources are no longer found: {}", files.code.len());
    let mut package = Files::default();
    package.read(&root.join("src/python/src"), &[]);
    assert!(
        package.code.len() > 10,
        "the sources of the package are no longer found: {}",
        package.code.len()
    );
    for files in [files, package] {
        let circles = circles(&files.imports());
        assert!(circles.is_empty(), "these files import each other in a circle:\n{}", circles.join("\n"));
    }
}

#[test]
fn this_test_sees_a_circle() {
    let mut files = Files::default();
    let mut add = |path: &str, code: &str| files.add(&module(path), code);
    add("a", "mod b;\nmod c;\npub use b::{B, Other};\npub(crate) use c::C as Renamed;\n");
    add("a::b", "use super::Renamed;\nstruct B;\n");
    add("a::c", "fn f() -> super::Other { loop {} }\n");
    add("a::d", "use crate::a::{B, c::{self, C}};\n");
    add("a::e", "use super::d::D;\n");
    let imports = files.imports();
    assert_eq!(imports[&module("a::d")], [module("a::b"), module("a::c")].into());
    assert_eq!(circles(&imports), ["a::b, a::c"]);
}

impl Files {
    fn read(&mut self, folder: &Path, above: &[String]) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let module = [above, std::slice::from_ref(&stem)].concat();
            if path.is_dir() {
                self.read(&path, &module);
            } else if path.extension().is_some_and(|end| end == "rs")
                && stem != "tests"
                && !stem.ends_with("_tests")
            {
                let module = if stem == "mod" || stem == "lib" { above } else { &module[..] };
                self.add(module, &super::architecture::code_of(&std::fs::read_to_string(&path).unwrap()));
            }
        }
    }

    fn add(&mut self, module: &[String], code: &str) {
        let (mut own, mut exports) = (String::new(), BTreeMap::new());
        for statement in code.split_inclusive(';') {
            let is_export = |at: &usize| {
                let line = statement[..*at].rsplit('\n').next().unwrap_or_default();
                line.starts_with("pub") && !line.contains("mod ")
            };
            let start = statement.find("use ").filter(is_export);
            let Some(tree) = start.map(|at| &statement[at + "use ".len()..]) else {
                own.push_str(statement);
                continue;
            };
            for mut path in paths(tree) {
                let name = path.last().cloned().unwrap_or_default();
                if path.len() > 1 && path[path.len() - 2].starts_with("as ") {
                    path.truncate(path.len() - 2);
                }
                exports.insert(name, path);
            }
        }
        self.code.insert(module.to_vec(), own);
        self.exports.insert(module.to_vec(), exports);
    }

    /// For each file those that it needs.
    fn imports(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let of = |(module, code): (&Module, &String)| {
            let inner = [&module[..], &["a module in the file".to_owned()]].concat();
            let found = self.starts(module, code).into_iter().flat_map(|at| {
                let line = code[..at].rsplit('\n').next().unwrap_or_default();
                let from = if line.starts_with("    ") && line.contains("use ") { &inner } else { module };
                paths(&code[at..]).into_iter().map(move |path| (from.clone(), path))
            });
            let targets = found.filter_map(|(from, path)| self.file_of(&from, &path));
            (module.clone(), targets.filter(|target| target != module && !target.is_empty()).collect())
        };
        self.code.iter().filter(|(module, _)| !module.is_empty()).map(of).collect()
    }

    /// Where paths into the program begin.
    fn starts(&self, module: &[String], code: &str) -> Vec<usize> {
        let children =
            self.code.keys().filter(|other| other.len() == module.len() + 1 && other.starts_with(module));
        let roots = children.map(|child| child[module.len()].clone()).chain(["crate".into(), "super".into()]);
        let words: Vec<String> = roots.map(|word| word + "::").collect();
        // `pub(in crate::a)` imports nothing.
        let is_start = |at: usize| {
            !code[..at].ends_with(|before: char| is_word(before) || before == ':')
                && !code[..at].ends_with("(in ")
        };
        let all = words.iter().flat_map(|word| code.match_indices(word.as_str()));
        all.map(|(at, _)| at).filter(|at| is_start(*at)).collect()
    }

    /// The module in whose file the item at `path` is, seen from `module`.
    fn file_of(&self, module: &[String], path: &[String]) -> Option<Module> {
        let mut at = module.to_vec();
        for (number, word) in path.iter().enumerate() {
            match word.as_str() {
                "crate" => at.clear(),
                "super" => drop(at.pop()),
                "self" => {}
                _ => {
                    let inner = [&at[..], std::slice::from_ref(word)].concat();
                    if self.code.contains_key(&inner) {
                        at = inner;
                    } else if let Some(behind) = self.exports.get(&at).and_then(|exports| exports.get(word)) {
                        return self.file_of(&at, &[behind, &path[number + 1..]].concat());
                    } else {
                        break;
                    }
                }
            }
        }
        self.code.contains_key(&at).then_some(at)
    }
}

/// The paths of the use tree or path at the start of `text`; `x as y` is `x`, `as `, `y`.
fn paths(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    tree(text.trim_start(), &[], &mut found);
    found
}

/// Reads one tree below `above`; returns what is behind it.
fn tree<'t>(text: &'t str, above: &[String], found: &mut Vec<Vec<String>>) -> &'t str {
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start_matches([',', ' ', '\n']);
            if let Some(behind) = rest.strip_prefix('}') {
                return behind;
            }
            let before = rest.len();
            rest = tree(rest, above, found).trim_start();
            if rest.len() == before {
                return rest;
            }
        }
    }
    let end = text.find(|character| !is_word(character)).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let path = [above, &[word.to_owned()]].concat();
    if let Some(rest) = rest.strip_prefix("::") {
        return tree(rest, &path, found);
    }
    if let Some(renamed) = rest.strip_prefix(" as ") {
        let end = renamed.find(|character| !is_word(character)).unwrap_or(renamed.len());
        found.push([&path[..], &["as ".to_owned(), renamed[..end].to_owned()]].concat());
        return &renamed[end..];
    }
    found.push(path);
    rest
}

/// The groups of modules of which each reaches all others.
fn circles(imports: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<String> {
    let reached = |from: &Module| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&Module> = imports[from].iter().collect();
        while let Some(module) = next.pop() {
            if seen.insert(module) {
                next.extend(imports.get(module).into_iter().flatten());
            }
        }
        seen
    };
    let reach: BTreeMap<_, _> = imports.keys().map(|module| (module, reached(module))).collect();
    let circle = |module: &&Module| {
        let all = reach[*module]
            .iter()
            .filter(|other| reach.get(**other).is_some_and(|back| back.contains(module)));
        all.map(|module| module.join("::")).collect::<Vec<_>>().join(", ")
    };
    let in_circles = imports.keys().filter(|module| reach[module].contains(module));
    in_circles.map(|module| circle(&module)).collect::<BTreeSet<_>>().into_iter().collect()
}

fn module(path: &str) -> Module {
    path.split("::").map(str::to_owned).collect()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
