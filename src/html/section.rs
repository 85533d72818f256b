//! A part of the page with its heading.

use super::text::escaped;

/// A part of the page: where links go, its heading, what it says below it, and what it has.
pub(super) fn section(id: &str, heading: &str, says: &str, content: &str) -> String {
    let says =
        if says.is_empty() { String::new() } else { format!("<p class=\"faint\">{}</p>\n", escaped(says)) };
    format!(
        "<section id=\"{id}\" aria-labelledby=\"{id}-heading\">\n<h2 id=\"{id}-heading\">{}</h2>\n{says}{content}</section>\n",
        escaped(heading)
    )
}

/// Charts that share a table below them.
pub(super) fn figure(caption: &str, charts: &str, table: &str) -> String {
    format!(
        "<figure class=\"card\"><figcaption>{}</figcaption>\n{charts}{table}</figure>\n",
        escaped(caption)
    )
}

/// What is said where there is nothing to show.
pub(super) fn nothing(says: &str) -> String {
    format!("<p class=\"card\">{}</p>\n", escaped(says))
}
