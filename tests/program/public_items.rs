//! The public core grows without anybody deciding it: its items are counted from the code.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![expect(clippy::disallowed_methods, reason = "reads the sources")]

use super::architecture::{Source, root, sources};
use std::collections::BTreeSet;

/// Names at the root of the crate.
const MAX_NAMES: usize = 15;
/// Their public functions and constants, beside fields and variants.
const MAX_MEMBERS: usize = 45;

/// The names behind the `pub use` lines of a root.
fn names_at_the_root(code: &str) -> BTreeSet<String> {
    let statements = code.split(';').filter_map(|statement| statement.trim().strip_prefix("pub use "));
    let lists = statements.map(|path| path.rsplit_once("::").unwrap().1);
    let names = lists.flat_map(|list| list.trim_matches(['{', '}']).split(','));
    names.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// The modules at the root whose content anybody can name.
fn public_modules(code: &str) -> Vec<&str> {
    let names = code.lines().filter_map(|line| line.trim_start().strip_prefix("pub mod "));
    names.map(|name| name.trim_end_matches([';', '{', ' '])).collect()
}

/// The public functions and constants in the formatted `impl` blocks of a type.
fn members(code: &str, name: &str) -> Vec<String> {
    let is_own = |line: &str| {
        let target = line.strip_prefix("impl").and_then(|line| line.strip_suffix(" {"));
        target.is_some_and(|target| {
            let target =
                target.split_once("> ").filter(|_| target.starts_with('<')).map_or(target, |(_, t)| t);
            target.trim().split('<').next() == Some(name)
        })
    };
    let mut found = Vec::new();
    let mut lines = code.lines();
    while lines.by_ref().any(is_own) {
        for line in lines.by_ref().take_while(|line| *line != "}") {
            let Some(item) = line.strip_prefix("    pub ") else { continue };
            let item = item.split(['(', '<', ':']).next().unwrap();
            found.push(format!("{name}::{}", item.rsplit(' ').next().unwrap()));
        }
    }
    found
}

fn is_of_the_core(source: &Source) -> bool {
    source.module.starts_with("core::") || source.module == "sessionizer"
}

#[test]
fn the_public_core_stays_small() {
    let names = names_at_the_root(&std::fs::read_to_string(root().join("src/lib.rs")).unwrap());
    let sources = sources();
    let core = || sources.iter().filter(|source| is_of_the_core(source));
    let members: Vec<String> =
        names.iter().flat_map(|name| core().flat_map(|source| members(&source.code, name))).collect();
    for known in ["Sessionizer::push", "SessionizerBuilder::load", "Session::values", "Watermark::BEGINNING"]
    {
        assert!(members.iter().any(|member| member == known), "{known} is no longer found: {members:#?}");
    }
    assert!(names.len() <= MAX_NAMES, "{} names at the root: {names:#?}", names.len());
    assert!(members.len() <= MAX_MEMBERS, "{} public functions and constants: {members:#?}", members.len());
}

#[test]
fn no_module_is_public_but_the_one_for_the_tests_of_this_repository() {
    let code = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    assert_eq!(public_modules(&code), ["internals"]);
    assert!(code.contains("#[cfg(feature = \"cli\")]\n#[doc(hidden)]\npub mod internals;"), "it is hidden");
}

#[test]
fn this_test_sees_what_is_public() {
    let root = "//! text\npub mod a;\npub use a::One;\npub use crate::b::{\n    Two,\n    Three,\n};\nuse c::Four;\n";
    assert_eq!(public_modules(&format!("{root}mod b;\npub mod c {{\n")), ["a", "c"]);
    assert_eq!(names_at_the_root(root), ["One", "Three", "Two"].map(str::to_owned).into());
    let code = "impl<'a> One<'a> {\n    pub const A: u8 = 1;\n    pub const fn b(self) {\n    }\n    fn c() {}\n}\n\
                impl Ones {\n    pub fn d() {}\n}\nimpl One {\n    pub(crate) fn e() {}\n    pub fn f<T>(x: T) {}\n}\n";
    assert_eq!(members(code, "One"), ["One::A", "One::b", "One::f"]);
}
