//! A regular expression.

use regex_lite::Regex;

/// A regular expression that is looked for anywhere in a value.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    regex: Regex,
}

impl Pattern {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let regex =
            Regex::new(text).map_err(|error| format!("'{text}' is not a regular expression: {error}"))?;
        Ok(Self { regex })
    }

    /// Whether it is found in `value`; never in an empty one, which is a missing one. Bytes that are no UTF-8 are U+FFFD here.
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
