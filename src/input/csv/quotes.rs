//! Finds the ends of CSV rows: a line end inside quotes does not end a row.

use super::dialect::{Dialect, closing_quote};
use crate::input::blocks::RowEnds;
use crate::input::lines::{last_line_end, line_ends_in};
use crate::input::read_error::ReadError;

/// Finds the ends of rows.
#[derive(Debug, Clone, Copy)]
pub struct QuotedRowEnds {
    /// The dialect.
    pub dialect: Dialect,
}

/// The quotes in a block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuoteMarks {
    /// Whether any byte is a quote.
    pub quoted: bool,
    /// Where the last row begins, if the file ends inside a quoted field of its last line.
    pub unclosed: Option<usize>,
}

impl RowEnds for QuotedRowEnds {
    type Marks = QuoteMarks;
    const CHECK: &'static str = "check that this is a CSV file, and its --delimiter";

    fn has_rows(&self, bytes: &[u8]) -> bool {
        self.dialect.rows_start(bytes) < bytes.len()
    }

    fn find(&self, bytes: &[u8]) -> Result<(usize, QuoteMarks), ReadError> {
        let (scan, quoted) = self.scan(bytes)?;
        Ok((scan.rows_end, QuoteMarks { quoted, unclosed: None }))
    }

    fn find_last(&self, bytes: &[u8]) -> Result<QuoteMarks, ReadError> {
        let (scan, quoted) = self.scan(bytes)?;
        let Some(quote) = scan.open_quote else { return Ok(QuoteMarks { quoted, unclosed: None }) };
        if memchr::memchr(b'\n', &bytes[quote..]).is_some_and(|at| quote + at + 1 < bytes.len()) {
            return Err(ReadError::Refused {
                line: line_ends_in(&bytes[..quote]),
                what: "the quoted field that begins here has no closing quote".to_owned(),
                remedy: "close the quote in the file, or give --escape backslash if backslashes escape its quotes",
            });
        }
        Ok(QuoteMarks { quoted, unclosed: Some(scan.rows_end) })
    }
}

impl QuotedRowEnds {
    fn scan(self, bytes: &[u8]) -> Result<(Scan, bool), ReadError> {
        let quoted = memchr::memchr(b'"', bytes).is_some();
        let scan = if quoted { scan_quoted(bytes, self.dialect) } else { Scan::to(last_line_end(bytes)) };
        match scan.stray_quote {
            None => Ok((scan, quoted)),
            Some(quote) => Err(ReadError::Refused {
                line: line_ends_in(&bytes[..quote]),
                what: "more text follows the closing quote of a quoted field".into(),
                remedy: "double the quotes inside of quoted fields, or give --escape backslash if backslashes escape them; then check --delimiter, \
                         and whether a quote is missing before this line and rows were swallowed",
            }),
        }
    }
}

/// The result of a search for row ends.
#[derive(Debug, PartialEq, Eq)]
struct Scan {
    /// Where the last whole row ends.
    rows_end: usize,
    /// The open quote.
    open_quote: Option<usize>,
    /// A closing quote that neither a delimiter nor a line end follows.
    stray_quote: Option<usize>,
}

impl Scan {
    /// The result for rows up to `rows_end`, after which no quote is open.
    const fn to(rows_end: usize) -> Self {
        Self { rows_end, open_quote: None, stray_quote: None }
    }
}

/// Finds row ends in text with quotes. As in the `csv` crate, a quote opens a field only as its first byte, two quotes inside a
/// quoted field are one, and any other quote is data. A field must end after its closing quote.
fn scan_quoted(bytes: &[u8], dialect: Dialect) -> Scan {
    let delimiter = dialect.delimiter;
    match dialect {
        // Most files need no check for each row and field.
        Dialect { escapes: false, comment: None, .. } => {
            scan_rows(bytes, delimiter, |at| closing_quote(bytes, at), |_| None)
        }
        _ => scan_rows(
            bytes,
            delimiter,
            |at| dialect.closing_quote(bytes, at),
            |at| dialect.comment_line(&bytes[at..]),
        ),
    }
}

/// The same. `closing_quote` finds the quote that closes the field whose content begins at a position; `comment` returns the
/// length of the comment that begins there.
fn scan_rows(
    bytes: &[u8],
    delimiter: u8,
    closing_quote: impl Fn(usize) -> Option<usize>,
    comment: impl Fn(usize) -> Option<usize>,
) -> Scan {
    let (mut at, mut rows_end) = (0, 0);
    let behind_comments = |mut at: usize, mut rows_end: usize| {
        while let Some(length) = comment(at) {
            at += length;
            rows_end = if bytes[at - 1] == b'\n' { at } else { rows_end };
        }
        (at, rows_end)
    };
    (at, rows_end) = behind_comments(at, rows_end);
    while let Some(found) = memchr::memchr2(b'"', b'\n', &bytes[at..]) {
        let position = at + found;
        at = position + 1;
        if bytes[position] == b'\n' {
            (at, rows_end) = behind_comments(at, at);
        } else if position == 0 || bytes[position - 1] == delimiter || bytes[position - 1] == b'\n' {
            match closing_quote(at) {
                Some(close) if !ends_behind(bytes, close, delimiter) => {
                    return Scan { stray_quote: Some(close), ..Scan::to(rows_end) };
                }
                Some(close) => at = close + 1,
                None => return Scan { open_quote: Some(position), ..Scan::to(rows_end) },
            }
        }
    }
    Scan::to(rows_end)
}

/// Whether the field ends at its closing quote `close`. The bytes that follow may not have been read yet.
fn ends_behind(bytes: &[u8], close: usize, delimiter: u8) -> bool {
    match bytes[close + 1..] {
        [] | [b'\n', ..] | [b'\r'] | [b'\r', b'\n', ..] => true,
        [byte, ..] => byte == delimiter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::blocks::{Block, all_blocks, lines_of_whole_blocks};
    use proptest::prelude::*;

    fn ends() -> QuotedRowEnds {
        QuotedRowEnds { dialect: Dialect::default() }
    }

    fn blocks(bytes: &[u8]) -> Result<Vec<Block<QuoteMarks>>, ReadError> {
        all_blocks(bytes, ends())
    }

    #[test]
    fn blocks_end_where_rows_end_and_lose_nothing() {
        let bytes = b"key,\"two\nlines, and a \"\"word\"\"\"\n".repeat(100_000);
        assert_eq!(lines_of_whole_blocks(&bytes, ends()), 200_000);
    }

    #[test]
    fn a_quote_that_is_never_closed_is_refused_unless_it_stands_in_the_last_line() {
        let unclosed = |text: &str| blocks(text.as_bytes()).unwrap()[0].marks.unclosed;
        assert_eq!(
            [unclosed("a,1\nb,\"2"), unclosed("a,1\nb,\"2\n"), unclosed("a,1\nb,2\"\nc,3\n")],
            [Some(4), Some(4), None]
        );
        assert!(matches!(blocks(b"a,1\nb,\"2\nc,3\n"), Err(ReadError::Refused { line: 1, .. })));
    }

    #[test]
    fn a_quote_that_closes_a_field_ends_it() {
        for text in ["a,\"b\"\n", "\"a\",1\r\n", "a,\"b\"\r\nc,1", "a,\"b\"", "a,\"b\"\"c\"\n", "a,b\"c\"d\n"]
        {
            assert!(blocks(text.as_bytes()).is_ok(), "{text}");
        }
        for text in ["a,1\nb,\"c\"d\n", "a,1\n\"b\" ,1\n", "a,1\nb,\"c\\\"d\",1\n", "a,1\nb,\"c\"\rd\n"] {
            assert!(matches!(blocks(text.as_bytes()), Err(ReadError::Refused { line: 1, .. })), "{text}");
        }
    }

    proptest! {
        #[test]
        fn row_ends_are_those_of_the_csv_crate(bytes in proptest::collection::vec(
            prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'\r'), Just(b'x')], 0..40)) {
            let scan = scan_quoted(&bytes, Dialect::default());
            prop_assume!(scan.stray_quote.is_none());
            let terminated = [&bytes[..scan.rows_end], b"x"].concat();
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false).flexible(true).terminator(csv::Terminator::Any(b'\n')).from_reader(&terminated[..]);
            let mut last = csv::ByteRecord::new();
            while let Some(record) = reader.byte_records().next() {
                last = record.unwrap();
            }
            // What stands behind the last whole row is a row of its own to the csv crate too.
            prop_assert_eq!(last, csv::ByteRecord::from(vec!["x"]));
        }
    }
}
