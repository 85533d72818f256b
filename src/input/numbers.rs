//! Numbers with a decimal comma.

use std::borrow::Cow;

/// A number whose comma or point may be decimal or separate thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ambiguous;

/// `text` with a point instead of its decimal comma, if it is a number; any other text unchanged.
///
/// # Errors
/// [`Ambiguous`] for a number with a point or with several commas: `1.234` may be more than a thousand, or little more than
/// one.
pub(super) fn with_decimal_point(text: &[u8]) -> Result<Cow<'_, [u8]>, Ambiguous> {
    let unsigned = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let is_number = unsigned.iter().any(u8::is_ascii_digit)
        && unsigned.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'.'));
    if !is_number {
        return Ok(Cow::Borrowed(text));
    }
    let mut marks = text.iter().enumerate().filter(|(_, byte)| matches!(byte, b',' | b'.'));
    match (marks.next(), marks.next()) {
        (None, _) => Ok(Cow::Borrowed(text)),
        (Some((at, b',')), None) => Ok(Cow::Owned([&text[..at], b".", &text[at + 1..]].concat())),
        _ => Err(Ambiguous),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_decimal_comma_becomes_a_point() {
        for (text, read) in [
            ("12,50", Some("12.50")),
            ("-,5", Some("-.5")),
            ("+7,", Some("+7.")),
            ("1250", Some("1250")),
            ("1.234", None),
            ("1.234,56", None),
            ("1,234,567", None),
            ("", Some("")),
            (",", Some(",")),
            ("a,b", Some("a,b")),
            ("2020-01-01 10:00:00,5", Some("2020-01-01 10:00:00,5")),
        ] {
            let found = with_decimal_point(text.as_bytes());
            assert_eq!(found.ok().as_deref(), read.map(str::as_bytes), "{text}");
        }
    }
}
