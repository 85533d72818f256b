//! The properties of CSV files.

use super::dialect::Dialect;
use crate::definition::FormatOptions;
use crate::input::options::FormatOption;

const DELIMITER: FormatOption = FormatOption {
    name: "delimiter",
    value_name: "CHAR",
    help: "Delimiter of CSV fields: a character, or tab; auto: as the name or the first rows of the first file show [default: auto]",
    default: ",",
    leaves_open: Some("auto"),
    read: |text| delimiter(text).map(byte_text),
};

const ESCAPE: FormatOption = FormatOption {
    name: "escape",
    value_name: "none|backslash",
    help: "Escape of a quote inside a quoted CSV field, besides a doubled quote [default: none]",
    default: NONE,
    leaves_open: None,
    read: |text| escapes(text).map(|_| text.to_owned()),
};

const COMMENT: FormatOption = FormatOption {
    name: "comment",
    value_name: "CHAR",
    help: "First character of comment lines in CSV, such as # [default: none]",
    default: NONE,
    leaves_open: None,
    read: |text| Ok(comment(text)?.map_or_else(|| NONE.to_owned(), byte_text)),
};

const SKIP_LINES: FormatOption = FormatOption {
    name: "skip-lines",
    value_name: "N|auto",
    help: "Lines to skip before the header or first row of each CSV file; auto: all that are not rows [default: 0]",
    default: "0",
    leaves_open: None,
    read: |text| SkippedLines::read(text).map(|_| text.to_owned()),
};

const DECIMAL: FormatOption = FormatOption {
    name: "decimal",
    value_name: ".|,",
    help: "Decimal separator of numbers and times in CSV: . or , [default: .]",
    default: ".",
    leaves_open: None,
    read: |text| decimal_comma(text).map(|_| text.to_owned()),
};

/// All properties.
pub(super) const OPTIONS: &[FormatOption] = &[DELIMITER, ESCAPE, COMMENT, SKIP_LINES, DECIMAL];

/// The value that removes a property.
const NONE: &str = "none";

/// The lines at the start of a file that are not rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SkippedLines {
    /// This many.
    Count(u64),
    /// The file shows their number.
    Auto,
}

impl SkippedLines {
    /// The lines that `options` skip; none if they leave it open.
    ///
    /// # Errors
    /// As [`dialect`].
    pub(super) fn of(options: &FormatOptions) -> Result<Self, String> {
        Self::read(options.get(SKIP_LINES.name).unwrap_or(SKIP_LINES.default))
    }

    fn read(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let count = text.parse().map_err(|_| "it is a number of lines, such as 2, or auto".to_owned());
        count.map(Self::Count)
    }
}

/// The dialect of `options`, with defaults for what they leave open.
///
/// # Errors
/// What is wrong with a value.
pub(super) fn dialect(options: &FormatOptions) -> Result<Dialect, String> {
    let value = |option: &FormatOption| options.get(option.name).unwrap_or(option.default).to_owned();
    let dialect = Dialect {
        delimiter: delimiter(&value(&DELIMITER))?,
        escapes: escapes(&value(&ESCAPE))?,
        comment: comment(&value(&COMMENT))?,
    };
    if dialect.comment == Some(dialect.delimiter) {
        return Err("--comment and --delimiter are the same character".to_owned());
    }
    Ok(dialect)
}

/// Whether numbers have a decimal comma.
///
/// # Errors
/// As [`dialect`].
pub(super) fn have_decimal_comma(options: &FormatOptions) -> Result<bool, String> {
    decimal_comma(options.get(DECIMAL.name).unwrap_or(DECIMAL.default))
}

/// Whether `options` leave the delimiter to the file.
pub(super) fn leave_delimiter_open(options: &FormatOptions) -> bool {
    options.get(DELIMITER.name).is_none()
}

/// Fixes the delimiter in `options`, if they leave it open.
pub(super) fn decide_delimiter(options: &mut FormatOptions, delimiter: u8) {
    options.decide(DELIMITER.name, &byte_text(delimiter));
}

/// A byte that can be a delimiter; `\t` and `tab` name the tab.
fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        _ if text == "tab" || text == "\\t" => Ok(b'\t'),
        [b'"' | b'\n' | b'\r'] => Err("a quote or a line end cannot be the delimiter".to_owned()),
        [byte] => Ok(*byte),
        _ => Err("the delimiter is one ASCII character, or tab".to_owned()),
    }
}

fn decimal_comma(text: &str) -> Result<bool, String> {
    match text {
        "." => Ok(false),
        "," => Ok(true),
        _ => Err("the decimal separator is a point or a comma".to_owned()),
    }
}

fn byte_text(byte: u8) -> String {
    if byte == b'\t' { "tab".to_owned() } else { char::from(byte).to_string() }
}

fn escapes(text: &str) -> Result<bool, String> {
    match text {
        NONE => Ok(false),
        "backslash" => Ok(true),
        _ => Err("the escape is backslash or none".to_owned()),
    }
}

fn comment(text: &str) -> Result<Option<u8>, String> {
    match text.as_bytes() {
        _ if text == NONE => Ok(None),
        [byte] if !matches!(byte, b'"' | b'\n' | b'\r') => Ok(Some(*byte)),
        _ => Err("the comment character is one ASCII character other than a quote, or none".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(of: &[(&str, &str)]) -> FormatOptions {
        of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_delimiter_is_one_byte_that_cannot_be_confused() {
        assert_eq!((delimiter(";"), delimiter("tab"), delimiter("\\t")), (Ok(b';'), Ok(b'\t'), Ok(b'\t')));
        for wrong in ["", ",,", "\"", "\n", "é"] {
            assert!(delimiter(wrong).is_err(), "{wrong:?}");
        }
        for byte in [b';', b'\t', b' ', 1] {
            assert_eq!(delimiter(&byte_text(byte)), Ok(byte));
        }
    }

    #[test]
    fn what_is_kept_is_read_again_and_what_is_not_has_its_default() {
        let asked = options(&[("comment", "#"), ("delimiter", "tab"), ("escape", "backslash")]);
        let expected = Dialect { delimiter: b'\t', escapes: true, comment: Some(b'#') };
        assert_eq!(dialect(&asked), Ok(expected));
        assert_eq!(dialect(&options(&[])), Ok(Dialect::default()));
        assert_eq!(dialect(&options(&[("comment", "none")])), Ok(Dialect::default()));
        for wrong in
            [("comment", ","), ("comment", "//"), ("comment", "\""), ("escape", "\\"), ("delimiter", "")]
        {
            assert!(dialect(&options(&[wrong])).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn lines_are_skipped_by_number_or_by_what_the_file_shows() {
        assert_eq!(SkippedLines::of(&options(&[])), Ok(SkippedLines::Count(0)));
        assert_eq!(SkippedLines::read("auto"), Ok(SkippedLines::Auto));
        for wrong in ["", "-1", "two", "1.5"] {
            assert!(SkippedLines::read(wrong).is_err(), "{wrong}");
        }
    }
}
