//! The dialect of a CSV file: how its fields and rows are written.

/// The dialect of a CSV file: how its fields and rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// The byte between fields.
    pub delimiter: u8,
    /// Whether a backslash escapes a quote or backslash inside quotes.
    pub escapes: bool,
    /// The first byte of comment lines.
    pub comment: Option<u8>,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: b',', escapes: false, comment: None }
    }
}

impl Dialect {
    /// The same dialect with another delimiter.
    pub(super) const fn with_delimiter(self, delimiter: u8) -> Self {
        Self { delimiter, ..self }
    }

    /// The quote that closes the field whose content begins at `at`.
    pub(super) fn closing_quote(self, bytes: &[u8], at: usize) -> Option<usize> {
        if self.escapes { closing_quote_behind_escapes(bytes, at) } else { closing_quote(bytes, at) }
    }

    /// The length of the comment at the start of `rows`, including its line end. They begin where a row may begin.
    pub(super) fn comment_line(self, rows: &[u8]) -> Option<usize> {
        let mark = self.comment?;
        (rows.first() == Some(&mark)).then(|| line_length(rows))
    }

    /// Where the first row of `bytes` begins, after blank lines and comments.
    pub(super) fn rows_start(self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            let line = &bytes[at..at + line_length(&bytes[at..])];
            let is_blank = line.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
            if !is_blank && self.comment_line(line).is_none() {
                break;
            }
            at += line.len();
        }
        at
    }

    /// Where the first row of `bytes` ends, including its line end.
    pub(super) fn row_end(self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while let Some(found) = memchr::memchr2(b'"', b'\n', &bytes[at..]) {
            let position = at + found;
            at = position + 1;
            if bytes[position] == b'\n' {
                return at;
            }
            if position == 0 || bytes[position - 1] == self.delimiter {
                match self.closing_quote(bytes, at) {
                    Some(close) => at = close + 1,
                    None => break,
                }
            }
        }
        bytes.len()
    }
}

fn line_length(text: &[u8]) -> usize {
    memchr::memchr(b'\n', text).map_or(text.len(), |at| at + 1)
}

/// Where the quoted field ends whose content begins at `at`.
pub(super) fn closing_quote(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let close = at + memchr::memchr(b'"', &bytes[at..])?;
        if bytes.get(close + 1) != Some(&b'"') {
            return Some(close);
        }
        at = close + 2;
    }
}

/// The same with backslash escapes.
fn closing_quote_behind_escapes(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let found = at + memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        at = match (bytes[found], bytes.get(found + 1)) {
            (b'\\', Some(b'"' | b'\\')) | (b'"', Some(b'"')) => found + 2,
            (b'\\', _) => found + 1,
            _ => return Some(found),
        };
    }
}

/// Appends the content of a quoted field to `field`, with escaped and doubled bytes resolved.
pub(super) fn unquote(mut content: &[u8], escapes: bool, field: &mut Vec<u8>) {
    loop {
        let found =
            if escapes { memchr::memchr2(b'"', b'\\', content) } else { memchr::memchr(b'"', content) };
        let Some(at) = found else { return field.extend_from_slice(content) };
        field.extend_from_slice(&content[..at]);
        let stands_for = match (content[at], content.get(at + 1)) {
            (b'\\', Some(&byte @ (b'"' | b'\\'))) | (b'"', Some(&byte @ b'"')) => Some(byte),
            _ => None,
        };
        field.push(stands_for.unwrap_or(content[at]));
        content = &content[at + 1 + usize::from(stands_for.is_some())..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ESCAPES: Dialect = Dialect { delimiter: b',', escapes: true, comment: Some(b'#') };

    fn unquoted(content: &str, escapes: bool) -> String {
        let mut field = Vec::new();
        unquote(content.as_bytes(), escapes, &mut field);
        String::from_utf8(field).unwrap()
    }

    #[test]
    fn a_backslash_escapes_quotes_and_backslashes_and_nothing_else() {
        let field = r#"a\"b\\c\n""d\"#;
        assert_eq!(unquoted(field, true), r#"a"b\c\n"d\"#);
        assert_eq!(unquoted(field, false), r#"a\"b\\c\n"d\"#);
    }

    #[test]
    fn a_field_ends_at_the_first_quote_that_is_not_escaped() {
        let close = |text: &str| ESCAPES.closing_quote(text.as_bytes(), 0);
        assert_eq!(
            [close(r#"a\"b","#), close(r#"a\\","#), close(r#"a\\\"b",""#), close(r#"a""b","#), close(r"a\")],
            [Some(4), Some(3), Some(6), Some(4), None]
        );
    }

    #[test]
    fn rows_begin_behind_blank_lines_and_comments() {
        assert_eq!(ESCAPES.rows_start(b"\n#a,\"\r\n\r\nx\n"), 9);
        assert_eq!(Dialect::default().rows_start(b"\n#a\n"), 1);
        assert_eq!(ESCAPES.rows_start(b"# only"), 6);
    }

    #[test]
    fn a_row_ends_outside_quotes() {
        assert_eq!(ESCAPES.row_end(b"a,\"b\n\\\"\n\",c\nd\n"), 12);
        assert_eq!(ESCAPES.row_end(b"a,\"b\n"), 5);
    }
}
