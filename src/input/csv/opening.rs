//! The beginning and the dialect of a file: as its source says, or as the file shows.

use super::clues::Clues;
use super::dialect::Dialect;
use super::header::stated_delimiter;
use super::options::{self, SkippedLines};
use super::{preamble, sniff};
use crate::definition::Source;
use crate::error::{Error, ErrorKind, Result};
use crate::input::blocks::BYTE_ORDER_MARK;
use crate::input::detect::{self, BEGINNING_BYTES};
use crate::input::files::BatchFile;

/// What is known of a file before its rows are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) dialect: Dialect,
    /// The number of lines before the rows.
    pub(super) skip_lines: u64,
    /// Whether its numbers have a decimal comma.
    pub(super) decimal_comma: bool,
    /// Whether its rows have decided the delimiter.
    pub(super) decides_delimiter: bool,
}

impl Opening {
    /// Reads the beginning of `file`.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for properties that exclude each other. [`ErrorKind::DataRefused`] if it is not clear where the
    /// rows begin. The errors of reading.
    pub(super) fn of(file: &BatchFile, source: &Source) -> Result<Self> {
        let usage = |what: String| Error::new(ErrorKind::Usage, what);
        let beginning = detect::beginning(file)?;
        let text = whole_lines(beginning.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&beginning));
        let skipped = SkippedLines::of(&source.options).map_err(usage)?;
        let mut dialect = options::dialect(&source.options).map_err(usage)?;
        let text = match skipped {
            SkippedLines::Count(lines) => behind_lines(text, lines),
            SkippedLines::Auto => text,
        };
        let mut clues =
            Clues::of(source, file.path_columns(), skipped == SkippedLines::Auto).map_err(usage)?;
        let stated = stated_delimiter(text);
        let rows = &text[stated.map_or(0, |(_, end)| end)..];
        let mut decides_delimiter = false;
        if let Some((delimiter, _)) = stated {
            dialect.delimiter = delimiter;
        } else if options::leave_delimiter_open(&source.options) {
            let delimiter = sniff::delimiter(rows, sniff::usual_delimiter(file.path()), dialect, &mut clues);
            decides_delimiter = delimiter.is_some();
            dialect.delimiter = delimiter.unwrap_or(dialect.delimiter);
        }
        let skip_lines = match skipped {
            SkippedLines::Count(lines) => lines,
            SkippedLines::Auto => {
                let before = preamble::lines(rows, dialect, &mut clues).ok_or_else(|| unclear(file))?;
                if before > 0 { before + u64::from(stated.is_some()) } else { 0 }
            }
        };
        let decimal_comma = options::have_decimal_comma(&source.options).map_err(usage)?;
        Ok(Self { dialect, skip_lines, decimal_comma, decides_delimiter })
    }
}

/// The complete lines at the beginning of a file; all lines, if it is the whole file.
fn whole_lines(beginning: &[u8]) -> &[u8] {
    if beginning.len() + BYTE_ORDER_MARK.len() < BEGINNING_BYTES {
        return beginning;
    }
    memchr::memrchr(b'\n', beginning).map_or(beginning, |at| &beginning[..=at])
}

fn behind_lines(text: &[u8], lines: u64) -> &[u8] {
    let ends = memchr::memchr_iter(b'\n', text).map(|at| at + 1);
    let start = usize::try_from(lines).ok().and_then(|lines| std::iter::once(0).chain(ends).nth(lines));
    &text[start.unwrap_or(text.len())..]
}

fn unclear(file: &BatchFile) -> Error {
    let what = "it is not clear which lines come before the first row";
    Error::new(ErrorKind::DataRefused, what)
        .at(file.path().display())
        .remedy("give their number, such as --skip-lines 3")
        .nothing_changed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_skipped_as_far_as_there_are_any() {
        let behind = |lines| behind_lines(b"a\nb\nc", lines);
        assert_eq!([behind(0), behind(1), behind(2), behind(3)], [&b"a\nb\nc"[..], b"b\nc", b"c", b""]);
    }
}
