//! What plugs into a seam is known in two places: its own file or folder, and one table. Counted from the code, and held against
//! the table in `docs/architecture.md`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "reads the sources")]

use super::architecture::{Source, has_word, root, sources, table};
use std::collections::BTreeSet;

/// Something that plugs into a seam.
struct Member {
    seam: &'static str,
    /// As users write it.
    name: String,
    /// Its file, or its folder, without an ending.
    own: String,
    /// The words by which code names it.
    words: Vec<String>,
    /// That by which only code of its module does.
    inner: Option<String>,
}

#[test]
fn each_member_of_a_seam_is_named_in_its_own_files_and_where_the_page_says() {
    let rows = table("docs/architecture.md", "also named in");
    let (sources, members) = (sources(), members());
    let listed: BTreeSet<(String, String)> =
        rows.iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let found = members.iter().map(|member| (member.seam.to_owned(), member.name.clone())).collect();
    assert_eq!(listed, found, "docs/architecture.md lists other members than the code has");
    for member in &members {
        let others = member.named_elsewhere(&sources);
        let row = rows.iter().find(|row| row[0] == member.seam && row[1] == member.name).unwrap();
        let expected: BTreeSet<String> = row[2].split(", ").map(str::to_owned).collect();
        assert_eq!(others, expected, "files that name the {} {}", member.seam, member.name);
    }
}

#[test]
fn this_test_sees_members_and_who_names_them() {
    let members = members();
    let count = |seam| members.iter().filter(|member| member.seam == seam).count();
    assert!(count("aggregate") >= 10 && count("split rule") >= 6 && count("store") >= 2);
    let sum = members.iter().find(|member| member.name == "sum").unwrap();
    assert_eq!(sum.own, "src/core/aggregates/sum");
    let source = |path: &str, code: &str| Source {
        path: root().join(path),
        module: String::new(),
        depth: 0,
        text: String::new(),
        code: code.to_owned(),
    };
    let sources = [
        source("src/core/aggregates/sum.rs", "sum::Sum"),
        source("src/a.rs", "Function::Sum"),
        source("src/b.rs", "sum"),
    ];
    assert_eq!(sum.named_elsewhere(&sources), ["a.rs".to_owned()].into());
}

impl Member {
    /// The files besides its own that name it, below `src/`.
    fn named_elsewhere(&self, sources: &[Source]) -> BTreeSet<String> {
        let module = self.own.split('/').nth(1).unwrap();
        let names_it = |source: &&Source| {
            let inner = self.inner.iter().filter(|_| source.module == module);
            self.words.iter().chain(inner).any(|word| has_word(&source.code, word))
        };
        let path = |source: &Source| source.path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        let is_own = |path: &String| {
            *path == format!("{}.rs", self.own) || path.starts_with(&format!("{}/", self.own))
        };
        let others = sources.iter().filter(names_it).map(path).filter(|path| !is_own(path));
        others.map(|path| path.trim_start_matches("src/").to_owned()).collect()
    }
}

fn members() -> Vec<Member> {
    let mut found = Vec::new();
    for (seam, folder, of) in
        [("input format", "input", "Format"), ("output format", "output", "OutputFormat")]
    {
        for line in lines_of(&format!("src/{folder}/mod.rs"), "formats! {") {
            let module = &line[2];
            let words = vec![format!("{folder}::{module}"), format!("{of}::{}", line[1])];
            let member = member(seam, &line[0], &format!("src/{folder}"), module, words);
            found.push(Member { inner: Some(format!("{module}::{}", line[3])), ..member });
        }
    }
    for line in lines_of("src/core/aggregates/mod.rs", "aggregates! {") {
        let mut words = vec![format!("{}::{}", line[2], line[3])];
        words.extend(["Function::", "Accumulator::"].map(|of| format!("{of}{}", line[1])));
        found.push(member("aggregate", &line[0], "src/core/aggregates", &line[2], words));
    }
    for line in lines_of("src/core/rules/splits/mod.rs", "split_rules! {") {
        let name = line[2].replace('_', "-");
        let words = vec![line[0].clone()];
        found.push(member("split rule", &name, "src/core/rules/splits", &line[2], words));
    }
    for source in sources() {
        let implementation = source.code.split_once("impl StateStore for ").map(|(_, behind)| behind);
        if let Some(store) = implementation.and_then(|behind| behind.split_whitespace().next()) {
            let name = store.trim_end_matches("Store").to_lowercase();
            found.push(member("store", &name, "src/state", &name, vec![store.to_owned()]));
        }
        if source.code.contains("const TARGET: Target") {
            let name = source.path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
            let words = vec![format!("{name}::TARGET"), format!("deliver::{name}")];
            found.push(member("target", &name, "src/deliver", &name, words));
        }
    }
    found
}

fn member(seam: &'static str, name: &str, folder: &str, module: &str, words: Vec<String>) -> Member {
    Member { seam, name: name.to_owned(), own: format!("{folder}/{module}"), words, inner: None }
}

/// The words of each line of a table in the code.
fn lines_of(file: &str, begins: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(root().join(file)).unwrap();
    let behind = text.rsplit_once(begins).map_or("", |(_, behind)| behind);
    let is_member = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("#[");
    let lines = behind.lines().take_while(|line| *line != "}").filter(is_member);
    let words = |line: &str| -> Vec<String> {
        let words = line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    };
    let found: Vec<_> = lines.map(words).collect();
    assert!(!found.is_empty(), "{file} has no table {begins}");
    found
}
