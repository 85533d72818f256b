//! The properties of CSV.

use crate::definition::FormatOptions;
use crate::input::options::FormatOption;

const DELIMITER: FormatOption = FormatOption {
    name: "delimiter",
    value_name: "CHAR",
    help: "Character between fields of CSV, or tab [default: ,]",
    read: |text| delimiter(text).map(delimiter_text),
};

/// All of them.
pub(super) const OPTIONS: &[FormatOption] = &[DELIMITER];

/// How the fields and rows of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// The byte between fields.
    pub delimiter: u8,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: b',' }
    }
}

impl Dialect {
    /// What `options` say, with the defaults for what they leave open.
    ///
    /// # Errors
    /// What is wrong with a value, in words: only for one that this program has not checked.
    pub(super) fn of(options: &FormatOptions) -> Result<Self, String> {
        let mut dialect = Self::default();
        if let Some(text) = options.get(DELIMITER.name) {
            dialect.delimiter = delimiter(text)?;
        }
        Ok(dialect)
    }

    /// Fixes in `options` what they leave open.
    pub(super) fn decide(self, options: &mut FormatOptions) {
        options.decide(DELIMITER.name, &delimiter_text(self.delimiter));
    }
}

/// One byte that can stand between fields; `\t` and `tab` name the tab.
fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        _ if text == "tab" || text == "\\t" => Ok(b'\t'),
        [b'"' | b'\n' | b'\r'] => Err("quotes and line ends cannot stand between fields".to_owned()),
        [byte] => Ok(*byte),
        _ => Err("the delimiter is one ASCII character, or tab".to_owned()),
    }
}

fn delimiter_text(byte: u8) -> String {
    if byte == b'\t' { "tab".to_owned() } else { char::from(byte).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_one_byte_that_cannot_be_confused() {
        assert_eq!((delimiter(";"), delimiter("tab"), delimiter("\\t")), (Ok(b';'), Ok(b'\t'), Ok(b'\t')));
        for wrong in ["", ",,", "\"", "\n", "é"] {
            assert!(delimiter(wrong).is_err(), "{wrong:?}");
        }
        for byte in [b';', b'\t', b' ', 1] {
            assert_eq!(delimiter(&delimiter_text(byte)), Ok(byte));
        }
    }
}
