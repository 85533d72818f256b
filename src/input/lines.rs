//! The counts of the lines of a text file: every line is counted.

/// The counts of the lines of a text, besides the first lines of rows. In a format without lines, each row counts as one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// All lines, counted when the text was cut into units. The last line of a file may lack its line end.
    pub lines: u64,
    /// Lines of headers, including continuation lines.
    pub header: u64,
    /// Blank lines.
    pub blank: u64,
    /// Comments and directives.
    pub comment: u64,
    /// Skipped lines before the rows.
    pub skipped: u64,
    /// Continuation lines: lines of a row after its first one.
    pub continuation: u64,
    /// Lines that an earlier run ingested.
    pub known: u64,
}

impl LineCounts {
    /// Lines that an earlier run ingested.
    pub fn known(lines: u64) -> Self {
        Self { lines, known: lines, ..Self::default() }
    }

    /// Adds the lines of another text.
    pub fn add(&mut self, other: Self) {
        self.lines += other.lines;
        self.header += other.header;
        self.blank += other.blank;
        self.comment += other.comment;
        self.skipped += other.skipped;
        self.continuation += other.continuation;
        self.known += other.known;
    }

    /// Checks the identity of lines: `lines = rows + header + blank + comment + skipped + continuation + known`.
    ///
    /// # Errors
    /// Both sides as text, if they differ: then the program has a defect, and nothing may be committed.
    pub fn check(&self, rows: u64) -> Result<(), String> {
        let Self { lines, header, blank, comment, skipped, continuation, known } = *self;
        if lines == rows + header + blank + comment + skipped + continuation + known {
            return Ok(());
        }
        Err(format!(
            "the accounts do not balance: {lines} lines, against {rows} rows + {header} of headers + {blank} blank + \
             {comment} comments + {skipped} skipped + {continuation} in which rows go on + {known} known"
        ))
    }
}

/// The number of lines of `text`. The last one may lack its line end.
pub(super) fn lines_in(text: &[u8]) -> u64 {
    line_ends_in(text) + u64::from(text.last().is_some_and(|&byte| byte != b'\n'))
}

/// Where the last line of `text` with a line end ends; 0 if there is none.
pub(super) fn last_line_end(text: &[u8]) -> usize {
    memchr::memrchr(b'\n', text).map_or(0, |at| at + 1)
}

/// The number of lines of `text` with a line end.
pub(super) fn line_ends_in(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_needs_no_line_end() {
        let counts = |text: &str| (lines_in(text.as_bytes()), line_ends_in(text.as_bytes()));
        assert_eq!(
            [counts(""), counts("\n"), counts("a"), counts("a\n"), counts("a\nb")],
            [(0, 0), (1, 1), (1, 0), (1, 1), (2, 1)]
        );
    }

    #[test]
    fn the_identity_holds_only_if_every_line_is_accounted_for() {
        let balanced =
            LineCounts { lines: 15, header: 1, blank: 2, comment: 1, skipped: 1, continuation: 3, known: 5 };
        assert_eq!(balanced.check(2), Ok(()));
        for wrong in [
            LineCounts { lines: 16, ..balanced },
            LineCounts { header: 0, ..balanced },
            LineCounts { blank: 3, ..balanced },
            LineCounts { comment: 2, ..balanced },
            LineCounts { skipped: 0, ..balanced },
            LineCounts { continuation: 2, ..balanced },
            LineCounts { known: 4, ..balanced },
        ] {
            assert!(wrong.check(2).is_err(), "{wrong:?}");
        }
        assert!(balanced.check(3).is_err());
    }
}
