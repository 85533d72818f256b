//! Keys are bytes. One separator byte joins the parts of a composite key.

/// The separator of the parts of a composite key: the ASCII record separator, 0x1E.
pub const KEY_SEPARATOR: u8 = 0x1E;

/// The longest key in bytes. A chunk of the checkpoint must be able to hold it.
pub const MAX_KEY_BYTES: usize = 32_767;

/// The parts of a key of `count` columns.
///
/// A key of one column is never split: it may contain any byte, also the separator.
pub fn key_parts(key: &[u8], count: usize) -> impl Iterator<Item = &[u8]> {
    key.splitn(count.max(1), |&byte| byte == KEY_SEPARATOR)
}

/// A key or a part of one for people, written as one word of a shell: it is unambiguous, and `--key` accepts it as it is
/// printed. Plain keys stay as they are, others are quoted; bytes that are not UTF-8 or not visible are escaped.
pub fn key_word(key: &[u8]) -> String {
    let text = std::str::from_utf8(key).ok();
    match text.filter(|text| text.chars().all(is_seen)) {
        Some(text) if !text.is_empty() && text.chars().all(is_plain) => text.to_owned(),
        Some(text) if !text.contains('\'') => format!("'{text}'"),
        _ => {
            let chunks = key.utf8_chunks().map(|chunk| escaped(chunk.valid(), chunk.invalid()));
            format!("$'{}'", chunks.collect::<String>())
        }
    }
}

/// Whether a shell, and a list with commas, treats it as an ordinary letter.
fn is_plain(character: char) -> bool {
    character.is_alphanumeric() || "_@%+=:./-".contains(character)
}

/// Whether a terminal shows it: no control character, no space except the common one, nothing that changes the direction of
/// text.
fn is_seen(character: char) -> bool {
    // Marks that belong to the letter before them are not escaped.
    matches!(character, '\\' | '\'' | '"') || String::from_iter(['x', character]).escape_debug().count() == 2
}

fn escaped(text: &str, other: &[u8]) -> String {
    let seen = |character: char| match character {
        '\\' | '\'' => format!("\\{character}"),
        seen if is_seen(seen) => seen.to_string(),
        hidden => escaped_bytes(hidden.encode_utf8(&mut [0; 4]).as_bytes()),
    };
    text.chars().map(seen).chain([escaped_bytes(other)]).collect()
}

fn escaped_bytes(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("\\x{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_one_column_is_never_taken_apart() {
        assert_eq!(key_parts(b"shop\x1ealice", 2).collect::<Vec<_>>(), [&b"shop"[..], b"alice"]);
        assert_eq!(key_parts(b"a\x1eb", 1).collect::<Vec<_>>(), [&b"a\x1eb"[..]]);
    }

    #[test]
    fn a_key_is_shown_as_a_word_of_a_shell() {
        assert_eq!(key_word("zoë@example.org".as_bytes()), "zoë@example.org");
        assert_eq!(key_word(b"a, b"), "'a, b'");
        assert_eq!(key_word(b"M\xfcller's"), r"$'M\xfcller\'s'");
        assert_eq!(key_word(b""), "''");
        assert_eq!(key_word(b"it's"), r"$'it\'s'");
        // A line end, and a character that turns the direction of the text.
        assert_eq!(key_word("back\\a\nb\u{202e}".as_bytes()), r"$'back\\a\x0ab\xe2\x80\xae'");
    }
}
