//! What shows the format of a file.

use super::files::BatchFile;
use crate::error::{Error, ErrorKind, Result};
use std::io::Read;

/// As much of a file as shows its format.
pub(super) const BEGINNING_BYTES: usize = 64 << 10;

/// How the content of `file` begins, decompressed.
///
/// # Errors
/// [`crate::error::ErrorKind::NoInput`] if it cannot be read, [`crate::error::ErrorKind::DataRefused`] if it is damaged.
pub(super) fn beginning(file: &BatchFile) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = file.reader().and_then(|reader| reader.take(BEGINNING_BYTES as u64).read_to_end(&mut bytes));
    match read {
        // What stands before the damage shows the format too, and the run itself meets the damage again.
        Err(error) if bytes.is_empty() => Err(file.read_error(&error)),
        _ => Ok(bytes),
    }
}

/// A kind of file that is not read.
#[derive(Debug, Clone, Copy)]
struct Other {
    first: &'static [u8],
    kind: &'static str,
    /// What makes text of it.
    remedy: &'static str,
}

/// Kinds of files by their first bytes.
const OTHERS: &[Other] = &[
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

/// Text has fewer NUL bytes than one in so many.
const BYTES_PER_NUL: usize = 10;
/// So few of them are none.
const FEW_NULS: usize = 8;

/// Refuses a file that is no text, or whose rows would not be found.
///
/// # Errors
/// [`ErrorKind::DataRefused`]: what it is, and how it can be read.
pub(super) fn check_text(file: &BatchFile) -> Result<()> {
    let beginning = beginning(file)?;
    let Some(Other { kind, remedy, .. }) = other_kind(&beginning) else { return Ok(()) };
    let error = Error::new(ErrorKind::DataRefused, format!("this is {kind}, which is not read"));
    Err(error.at(file.path().display()).remedy(remedy).nothing_changed())
}

fn other_kind(beginning: &[u8]) -> Option<Other> {
    if let Some(known) = OTHERS.iter().find(|other| beginning.starts_with(other.first)) {
        return Some(*known);
    }
    let nuls = memchr::memchr_iter(0, beginning).count();
    if nuls > FEW_NULS.max(beginning.len() / BYTES_PER_NUL) {
        return Some(Other {
            first: b"",
            kind: "text in UTF-16 without a mark, or no text at all",
            remedy: "if it is text, make it UTF-8: iconv -f UTF-16LE -t UTF-8 FILE | sessionize run --batch -",
        });
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
    fn text_is_text_with_a_few_strange_bytes_in_it() {
        for text in
            [&b""[..], b"a,1", b"a,1\r", b"a\rb,1\n", b"\0,1\na\0b,2\n", b"\xEF\xBB\xBFa,1\n", b"\xFF,1\n"]
        {
            assert_eq!(kind(text), None, "{text:?}");
        }
    }
}
