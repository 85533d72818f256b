//! The accounts of the lines of a text file: no line vanishes below the accounts of the rows.

/// What the lines of a text are, beside the first lines of rows. In a format without lines each row counts as one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// All lines, counted when the text was cut into units. The last one of a file may lack its line end.
    pub lines: u64,
    /// Lines of headers, with all that they go on over.
    pub header: u64,
    /// Lines with nothing in them.
    pub blank: u64,
    /// Lines that say something beside the rows.
    pub comment: u64,
    /// Lines before the rows that were to be skipped.
    pub skipped: u64,
    /// Lines that a row goes on over behind its first one.
    pub continuation: u64,
    /// Lines that an earlier run has taken in.
    pub known: u64,
}

impl LineCounts {
    /// Lines that an earlier run has taken in.
    pub fn known(lines: u64) -> Self {
        Self { lines, known: lines, ..Self::default() }
    }

    /// Adds the lines of a further text.
    pub fn add(&mut self, other: Self) {
        self.lines += other.lines;
        self.header += other.header;
        self.blank += other.blank;
        self.comment += other.comment;
        self.skipped += other.skipped;
        self.continuation += other.continuation;
        self.known += other.known;
    }

    /// Holds the identity of lines: `lines = rows + header + blank + comment + skipped + continuation + known`.
    ///
    /// # Errors
    /// The two sides in words, if they differ: the program has a defect, and nothing may be committed.
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

/// How many lines `text` has. The last one may lack its line end.
pub(super) fn lines_in(text: &[u8]) -> u64 {
    line_ends_in(text) + u64::from(text.last().is_some_and(|&byte| byte != b'\n'))
}

/// Where the last line of `text` that has its line end ends; 0 if there is none.
pub(super) fn last_line_end(text: &[u8]) -> usize {
    memchr::memrchr(b'\n', text).map_or(0, |at| at + 1)
}

/// How many lines of `text` have their line end.
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
