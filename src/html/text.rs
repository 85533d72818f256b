//! Text that may stand anywhere in a page.

/// A text as HTML has it, in an element or in an attribute between quotes. Control characters, which no page may have, and those that
/// hide or turn text become their numbers.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            hidden if is_hidden(hidden) => escaped.extend(hidden.escape_unicode()),
            shown => escaped.push(shown),
        }
    }
    escaped
}

/// The markup of all items, one behind the other.
pub(super) fn each<T>(items: impl IntoIterator<Item = T>, markup: impl Fn(T) -> String) -> String {
    items.into_iter().map(markup).collect()
}

/// Control characters, marks of the direction of text, and characters without width.
fn is_hidden(character: char) -> bool {
    let is_mark = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    character.is_control() || is_mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(
            escaped("</title><script>alert(\"1\")</script>&amp;'"),
            "&lt;/title&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;&#39;"
        );
        assert_eq!(escaped("a\u{0}\u{202e}b\u{1b}[2J\n"), r"a\u{0}\u{202e}b\u{1b}[2J\u{a}");
        assert_eq!(escaped("née 東京"), "née 東京");
    }
}
