//! Detects the format of a file.

use super::blocks::BYTE_ORDER_MARK;
use super::compression::Compression;
use super::files::BatchFile;
use crate::error::{Error, ErrorKind, Result};
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
pub(super) fn lines(beginning: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = beginning.strip_prefix(BYTE_ORDER_MARK).unwrap_or(beginning);
    text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty())
}

/// The same without an incomplete one.
pub(super) fn whole_lines(beginning: &[u8]) -> impl Iterator<Item = &[u8]> {
    let goes_on = beginning.len() == BEGINNING_BYTES;
    let end = memchr::memrchr(b'\n', beginning).filter(|_| goes_on);
    lines(&beginning[..end.unwrap_or(beginning.len())])
}

/// A kind of file that is not supported.
#[derive(Debug, Clone, Copy)]
struct Other {
    first: &'static [u8],
    kind: &'static str,
    /// How to make text of it.
    remedy: &'static str,
}

/// The remedy for a file that has no rows in any form.
const IS_NO_LOG: &str = "check that this is the right file: an error page may have been fetched in its place";

/// Kinds of zip files, by their first entries.
const ZIPPED: &[(&[u8], Other)] = &[
    (
        b"[Content_Types].xml",
        Other {
            first: b"PK",
            kind: "an Excel workbook or another document of Office",
            remedy: "save the sheet as CSV UTF-8, and name that file",
        },
    ),
    (
        b"mimetypeapplication/vnd.oasis",
        Other {
            first: b"PK",
            kind: "an OpenDocument file",
            remedy: "save the sheet as CSV, and name that file",
        },
    ),
];

/// The position of the mark of a tar archive.
const TAR_MARK: (usize, &[u8]) = (257, b"ustar");

/// Kinds of files by their first bytes.
const OTHERS: &[Other] = &[
    Other {
        first: b"\x1F\x8B",
        kind: "a gzip file that was compressed once more",
        remedy: "decompress it once: gzip -dc FILE | sessionize run --batch -",
    },
    Other {
        first: b"\x28\xB5\x2F\xFD",
        kind: "a zstd file that was compressed once more",
        remedy: "decompress it once, and name what comes out",
    },
    Other {
        first: b"BZh",
        kind: "a bzip2 file",
        remedy: "decompress it: bzip2 -dc FILE | sessionize run --batch -",
    },
    Other {
        first: b"\xFD7zXZ\0",
        kind: "an xz file",
        remedy: "decompress it: xz -dc FILE | sessionize run --batch -",
    },
    Other {
        first: b"PK\x03\x04",
        kind: "a zip file",
        remedy: "decompress it: unzip -p FILE | sessionize run --batch -",
    },
    Other {
        first: b"7z\xBC\xAF\x27\x1C",
        kind: "a 7z file",
        remedy: "decompress it: 7z x -so FILE | sessionize run --batch -",
    },
    Other {
        first: b"\x04\x22\x4D\x18",
        kind: "an lz4 file",
        remedy: "decompress it: lz4 -dc FILE | sessionize run --batch -",
    },
    Other {
        first: b"\xFF\x06\x00\x00sNaPpY",
        kind: "a snappy file",
        remedy: "decompress it: snzip -dc FILE | sessionize run --batch -",
    },
    Other { first: b"\x89PNG", kind: "a PNG image", remedy: IS_NO_LOG },
    Other { first: b"\xFF\xD8\xFF", kind: "a JPEG image", remedy: IS_NO_LOG },
    Other { first: b"%PDF-", kind: "a PDF document", remedy: IS_NO_LOG },
    Other { first: b"\x7FELF", kind: "a program", remedy: IS_NO_LOG },
    Other { first: b"<!DOCTYPE", kind: "an HTML page", remedy: IS_NO_LOG },
    Other { first: b"<!doctype", kind: "an HTML page", remedy: IS_NO_LOG },
    Other { first: b"<html", kind: "an HTML page", remedy: IS_NO_LOG },
    Other { first: b"<?xml", kind: "an XML document", remedy: IS_NO_LOG },
    Other {
        first: b"SQLite format 3\0",
        kind: "an SQLite database",
        remedy: "export its table: sqlite3 -csv -header FILE 'SELECT * FROM events' | sessionize run --batch -",
    },
    #[cfg(feature = "parquet")]
    Other {
        first: b"PAR1",
        kind: "a Parquet file",
        remedy: "leave --input-format out: the content of a file shows its format",
    },
    #[cfg(not(feature = "parquet"))]
    Other {
        first: b"PAR1",
        kind: "a Parquet file",
        remedy: "install the program that reads it: cargo install --path . --features parquet; or write the file as CSV or JSON \
                 lines",
    },
    Other { first: b"ORC", kind: "an ORC file", remedy: "write it as CSV or JSON lines" },
    Other { first: b"Obj\x01", kind: "an Avro file", remedy: "write it as CSV or JSON lines" },
    Other {
        first: b"\xFF\xFE\0\0",
        kind: "text in UTF-32",
        remedy: "make it UTF-8: iconv -f UTF-32 -t UTF-8 FILE | sessionize run --batch -",
    },
    Other {
        first: b"\0\0\xFE\xFF",
        kind: "text in UTF-32",
        remedy: "make it UTF-8: iconv -f UTF-32 -t UTF-8 FILE | sessionize run --batch -",
    },
    Other {
        first: b"\xFF\xFE",
        kind: "text in UTF-16",
        remedy: "make it UTF-8: iconv -f UTF-16 -t UTF-8 FILE | sessionize run --batch -",
    },
    Other {
        first: b"\xFE\xFF",
        kind: "text in UTF-16",
        remedy: "make it UTF-8: iconv -f UTF-16 -t UTF-8 FILE | sessionize run --batch -",
    },
];

const UTF_16_BIG_ENDIAN: Other = Other {
    first: b"",
    kind: "text in UTF-16 without a mark, or no text at all",
    remedy: "if it is text, make it UTF-8: iconv -f UTF-16BE -t UTF-8 FILE | sessionize run --batch -",
};

const UTF_16_LITTLE_ENDIAN: Other = Other {
    remedy: "if it is text, make it UTF-8: iconv -f UTF-16LE -t UTF-8 FILE | sessionize run --batch -",
    ..UTF_16_BIG_ENDIAN
};

/// Text has fewer NUL bytes than one in this many.
const BYTES_PER_NUL: usize = 10;
/// Fewer NUL bytes than this do not count.
const FEW_NULS: usize = 8;

/// Refuses a file that is not text, or whose rows would not be found.
///
/// # Errors
/// [`ErrorKind::DataRefused`]: what the file is, and how to read it.
pub(super) fn check_text(file: &BatchFile) -> Result<()> {
    let beginning = beginning(file)?;
    let Some(Other { kind, remedy, .. }) = other_kind(&beginning) else { return Ok(()) };
    let error = Error::new(ErrorKind::DataRefused, format!("this is {kind}, which sessionize does not read"));
    let stored = file.compression_name().filter(|_| Compression::of(&beginning).is_none());
    let remedy = stored
        .map_or_else(|| remedy.to_owned(), |name| format!("decompress it with {name} -d, then {remedy}"));
    Err(error.at(file.path().display()).remedy(remedy).nothing_changed())
}

fn other_kind(beginning: &[u8]) -> Option<Other> {
    let zipped = ZIPPED.iter().filter(|(_, other)| beginning.starts_with(other.first));
    let mut holding = zipped.filter(|(part, _)| memchr::memmem::find(beginning, part).is_some());
    if let Some((_, other)) = holding.next() {
        return Some(*other);
    }
    if beginning.get(TAR_MARK.0..).is_some_and(|rest| rest.starts_with(TAR_MARK.1)) {
        return Some(Other {
            first: b"",
            kind: "a tar archive",
            remedy: "unpack it: tar -xOf FILE | sessionize run --batch -",
        });
    }
    if let Some(other) = json_document(beginning) {
        return Some(other);
    }
    if let Some(known) = OTHERS.iter().find(|other| beginning.starts_with(other.first)) {
        return Some(*known);
    }
    if let Some(other) = with_nuls(beginning) {
        return Some(other);
    }
    let is_inside = |at: usize| at + 1 < beginning.len();
    if memchr::memchr(b'\n', beginning).is_none() && memchr::memchr(b'\r', beginning).is_some_and(is_inside) {
        return Some(Other {
            first: b"",
            kind: "text whose lines end in carriage returns alone",
            remedy: "make them line feeds: tr '\\r' '\\n' < FILE | sessionize run --batch -",
        });
    }
    None
}

/// What is full of NUL bytes. In text of mostly Latin letters they are the first or the second half of each letter.
fn with_nuls(beginning: &[u8]) -> Option<Other> {
    let nuls = memchr::memchr_iter(0, beginning).count();
    if nuls <= FEW_NULS.max(beginning.len() / BYTES_PER_NUL) {
        return None;
    }
    let first_halves = memchr::memchr_iter(0, beginning).filter(|at| at % 2 == 0).count();
    Some(if 2 * first_halves > nuls { UTF_16_BIG_ENDIAN } else { UTF_16_LITTLE_ENDIAN })
}

/// JSON that is not JSON lines: a list of objects, or one object on several lines.
fn json_document(beginning: &[u8]) -> Option<Other> {
    let text = beginning.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(beginning).trim_ascii_start();
    let begins_object = |text: &[u8]| text.trim_ascii_start().starts_with(b"{");
    let list = text.strip_prefix(b"[").is_some_and(begins_object);
    let goes_on = |rest: &[u8]| matches!(rest, [b'\n', ..] | [b'\r', b'\n', ..]);
    let object = text.strip_prefix(b"{").is_some_and(goes_on);
    if list {
        return Some(Other {
            first: b"",
            kind: "one JSON list",
            remedy: "make a line of each object: jq -c '.[]' FILE | sessionize run --batch -",
        });
    }
    object.then_some(Other {
        first: b"",
        kind: "a JSON object over several lines",
        remedy: "make one line of each object: jq -c . FILE | sessionize run --batch -",
    })
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
