//! A regular expression.

use regex_lite::Regex;

/// A regular expression that may match anywhere in a value.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    regex: Regex,
}

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let regex =
            Regex::new(text).map_err(|error| format!("'{text}' is not a regular expression: {error}"))?;
        Ok(Self { regex })
    }

    /// Whether it matches `value`; never an empty one, which is a missing value. Bytes that are not UTF-8 count as U+FFFD.
    pub(super) fn is_match(&self, value: &[u8]) -> bool {
        !value.is_empty() && self.regex.is_match(&String::from_utf8_lossy(value))
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.regex.as_str() == other.regex.as_str()
    }
}

impl Eq for Pattern {}
