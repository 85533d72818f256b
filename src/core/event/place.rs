//! The place of a row in a file.

use std::fmt;
use std::path::PathBuf;

/// A place in a batch file. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as the user named it.
    pub file: PathBuf,
    /// The line on which the row begins.
    pub line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_file_and_a_line() {
        assert_eq!(Place { file: "day.csv".into(), line: 7 }.to_string(), "day.csv:7");
    }
}
