//! `docs/format.md` has the rows of the newest checkpoint format, field by field in the order in which they are stored.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![expect(clippy::disallowed_methods, reason = "reads sources and documentation")]

use sessionize::internals::CURRENT_VERSION;
use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// `Text(#[serde(...)] Value)` without what is for JSON only.
fn without_attribute(text: &str) -> String {
    match text.split_once("#[").and_then(|(before, rest)| Some((before, rest.split_once("] ")?.1))) {
        Some((before, rest)) => format!("{before}{rest}"),
        None => text.to_owned(),
    }
}

/// The types of a version as the page shows them: `Name`, then its fields or numbered variants.
fn rows_of(source: &str) -> String {
    let mut page: Vec<String> = Vec::new();
    let mut variants = None;
    let code = source.split("#[cfg(test)]").next().unwrap();
    for line in code.lines() {
        let text = without_attribute(line.trim().trim_end_matches(','));
        let text = text.as_str();
        if let Some(name) = text.strip_prefix("pub struct ").or_else(|| text.strip_prefix("pub enum ")) {
            let name: String = name.chars().take_while(|character| character.is_alphanumeric()).collect();
            variants = text.starts_with("pub enum ").then_some(0);
            page.push(name);
        } else if let Some(number) = &mut variants {
            if line.starts_with("    ") && text.starts_with(|first: char| first.is_uppercase()) {
                page.push(format!("  {number} {}", text.trim_end_matches(" {")));
                *number += 1;
            } else if line.starts_with("        ") && !text.starts_with("//") && !text.starts_with("#[") {
                page.push(format!("      {}", text.replace("'a ", "")));
            }
            if line == "}" {
                variants = None;
            }
        } else if let Some(field) = text.strip_prefix("pub ").filter(|_| line.starts_with("    ")) {
            page.push(format!("  {}", field.replace("'a ", "")));
        }
    }
    page.join("\n") + "\n"
}

#[test]
fn the_page_has_the_rows_of_the_newest_format() {
    let rows = rows_of(&read(&format!("migrations/checkpoint/v{CURRENT_VERSION}.rs")));
    assert!(rows.starts_with("Column\n  position: Option<u32>\n"), "{rows}");
    let page = read("docs/format.md");
    assert!(
        page.contains(&rows),
        "docs/format.md must have these rows, and say what is new in them:\n{rows}"
    );
}

#[test]
fn variants_are_numbered_and_lifetimes_left_out() {
    let source = "pub enum Kind {\n    /// One.\n    One,\n    Two {\n        /// To.\n        to: u64,\n    },\n}\n\
                  pub struct Row<'a> {\n    pub key: &'a [u8],\n}\n";
    assert_eq!(rows_of(source), "Kind\n  0 One\n  1 Two\n      to: u64\nRow\n  key: &[u8]\n");
}
