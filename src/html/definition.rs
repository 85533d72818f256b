//! What a session means here.

use super::section::section;
use super::text::escaped;

/// The definition: names and values.
pub(super) fn definition(rows: &[(String, String)]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |(name, value): &(String, String)| {
        format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escaped(name), escaped(value))
    };
    let lines: String = rows.iter().map(line).collect();
    section("definition", "What a session is here", "", &format!("<dl class=\"card list\">\n{lines}</dl>\n"))
}
