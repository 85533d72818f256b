//! Detects the format of a file.

mod controls;
mod foreign;

use super::blocks::BYTE_ORDER_MARK;
use super::files::BatchFile;
use crate::compression::Compression;
use crate::error::{Error, ErrorKind, Result};
use foreign::Other;
use std::io::Read;

/// The bytes that show the format of a file.
pub(super) const BEGINNING_BYTES: usize = 64 << 10;

/// The first bytes of the content of `file`, decompressed.
///
/// # Errors
/// [`crate::error::ErrorKind::NoInput`] if it cannot be read, [`crate::error::ErrorKind::DataRefused`] if it is damaged.
pub(super) fn beginning(file: &BatchFile) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = file.reader().and_then(|reader| reader.take(BEGINNING_BYTES as u64).read_to_end(&mut bytes));
    match read {
        // The bytes before the damage show the format too, and the run itself finds the damage again.
        Err(error) if bytes.is_empty() => Err(file.read_error(&error)),
        _ => Ok(bytes),
    }
}

/// The non-blank lines of the beginning of a text. The last one may be incomplete.
pub(super) fn lines(beginning: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    let text = beginning.strip_prefix(BYTE_ORDER_MARK).unwrap_or(beginning);
    text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty())
}

/// The same without an incomplete one.
pub(super) fn whole_lines(beginning: &[u8]) -> impl Iterator<Item = &[u8]> {
    let goes_on = beginning.len() == BEGINNING_BYTES;
    let end = memchr::memrchr(b'\n', beginning).filter(|_| goes_on);
    lines(&beginning[..end.unwrap_or(beginning.len())])
}

/// Text whose lines are not found.
const CARRIAGE_RETURNS: Other = Other {
    first: b"",
    kind: "text whose lines end in carriage returns alone",
    remedy: "make them line feeds: tr '\\r' '\\n' < FILE | sessionize run --batch -",
};

/// Refuses a file that is not text, or whose rows would not be found.
///
/// # Errors
/// [`ErrorKind::DataRefused`]: what the file is, and how to read it.
pub(super) fn check_text(file: &BatchFile) -> Result<()> {
    let mut beginning = beginning(file)?;
    if file.look_extent().leaves_unfinished {
        beginning.truncate(controls::allocated_ahead(&beginning));
    }
    let Some(Other { kind, remedy, .. }) = other_kind(&beginning) else {
        return controls::nul_line(&beginning).map_or(Ok(()), |line| Err(torn(file, line)));
    };
    let error = Error::new(ErrorKind::DataRefused, format!("this is {kind}, which sessionize does not read"));
    let stored = file.compression_name().filter(|_| Compression::of(&beginning).is_none());
    let remedy = stored
        .map_or_else(|| remedy.to_owned(), |name| format!("decompress it with {name} -d, then {remedy}"));
    Err(error.at(file.path().display()).remedy(remedy).nothing_changed())
}

/// The refusal of a file with a run of NUL bytes on this line.
fn torn(file: &BatchFile, line: usize) -> Error {
    let what = "a run of NUL bytes begins on this line: space that was allocated ahead, or lost in a crash of the machine";
    let place = format!("{}:{line}", file.path().display());
    Error::new(ErrorKind::DataRefused, what).at(place).remedy(
            "make line ends of them: tr '\\0' '\\n' < FILE | sessionize run --batch -; or, if the file is still being written and \
             they are its end, give --growing",
        ).nothing_changed()
}

fn other_kind(beginning: &[u8]) -> Option<Other> {
    let is_inside = |at: usize| at + 1 < beginning.len();
    let without_lines = || {
        let is_one_line = memchr::memchr(b'\n', beginning).is_none();
        (is_one_line && memchr::memchr(b'\r', beginning).is_some_and(is_inside)).then_some(CARRIAGE_RETURNS)
    };
    let by_bytes = foreign::by_first_bytes(beginning).or_else(|| controls::utf_16(beginning));
    by_bytes.or_else(|| controls::binary(beginning)).or_else(without_lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(bytes: &[u8]) -> Option<&'static str> {
        other_kind(bytes).map(|other| other.kind)
    }

    #[test]
    fn what_is_no_text_is_known_by_name() {
        assert_eq!(kind(b"BZh91AY"), Some("a bzip2 file"));
        assert_eq!(kind(b"\xFF\xFEu\0s\0"), Some("text in UTF-16"));
        assert_eq!(kind(b"\xFF\xFE\0\0u\0\0\0"), Some("text in UTF-32"));
        assert!(kind(&b"u\0s\0e\0r\0,\0t\0\n\0".repeat(9)).is_some_and(|kind| kind.contains("UTF-16")));
        assert!(kind(b"a,1\rb,2\r").is_some_and(|kind| kind.contains("carriage returns")));
    }

    #[test]
    fn a_file_of_another_kind_is_told_with_what_makes_rows_of_it() {
        let workbook = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0[Content_Types].xml";
        assert!(kind(workbook).is_some_and(|kind| kind.contains("Excel")));
        assert_eq!(kind(b"PK\x03\x04\x14\0\0\0\x08\0day.csv"), Some("a zip file"));
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n"), Some("a PNG image"));
        assert_eq!(kind(b"SQLite format 3\0\x10\0"), Some("an SQLite database"));
        let archive = [&[b'a'; 257][..], b"ustar\x0000", &[0; 100]].concat();
        assert_eq!(kind(&archive), Some("a tar archive"));
        assert_eq!(kind(b"12345678DUCK@\0"), Some("a DuckDB database"));
        assert_eq!(
            kind(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
            Some("an Excel workbook or another document of Office")
        );
        assert_eq!(kind(b"[{\"a\":1},\n{\"a\":2}]\n"), Some("one JSON list"));
        assert_eq!(kind(b"\xEF\xBB\xBF[\n  {\"a\":1}\n]\n"), Some("one JSON list"));
        assert_eq!(kind(b"{\r\n  \"a\": 1\r\n}\r\n"), Some("a JSON object over several lines"));
        assert_eq!(kind(b"{\"a\":1}\n[17/May/2024 10:00:00],x\n"), None);
    }

    #[test]
    fn text_is_text_with_a_few_strange_bytes_in_it() {
        for text in
            [&b""[..], b"a,1", b"a,1\r", b"a\rb,1\n", b"\0,1\na\0b,2\n", b"\xEF\xBB\xBFa,1\n", b"\xFF,1\n"]
        {
            assert_eq!(kind(text), None, "{text:?}");
        }
    }
}
