//! Lines that begin with `#`.

/// The words before the colon.
const NAMES: [&[u8]; 7] =
    [b"Version", b"Fields", b"Software", b"Date", b"Start-Date", b"End-Date", b"Remark"];

/// What a line says about the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directive<'l> {
    /// The names of the fields of the rows behind it.
    Fields(&'l [u8]),
    /// Something else, which rows do not depend on.
    Other,
}

impl<'l> Directive<'l> {
    /// The directive in `line`; `None` if it is a row.
    pub(super) fn of(line: &'l [u8]) -> Option<Self> {
        let text = line.strip_prefix(b"#")?;
        Some(match split(text) {
            Some((name, fields)) if name.eq_ignore_ascii_case(b"Fields") => Self::Fields(fields),
            _ => Self::Other,
        })
    }
}

/// Whether `line` is a directive by its name.
pub(super) fn is_known(line: &[u8]) -> bool {
    let name = line.strip_prefix(b"#").and_then(split);
    name.is_some_and(|(name, _)| NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

/// The names of fields, between blanks and tabs.
pub(super) fn names(fields: &[u8]) -> Vec<String> {
    let words = fields.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', text)?;
    Some((&text[..colon], &text[colon + 1..]))
}
