//! Kinds of files that are not supported, by their first bytes.

/// A kind of file that is not supported.
#[derive(Debug, Clone, Copy)]
pub(super) struct Other {
    pub(super) first: &'static [u8],
    pub(super) kind: &'static str,
    /// How to make text of it.
    pub(super) remedy: &'static str,
}

/// The remedy for a file that has no rows in any form.
pub(super) const IS_NO_LOG: &str =
    "check that this is the right file: an error page may have been fetched in its place";

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

/// Kinds of files by a mark that stands behind their beginning: where, and which.
const MARKED: &[(usize, &[u8], Other)] = &[
    (
        257,
        b"ustar",
        Other {
            first: b"",
            kind: "a tar archive",
            remedy: "unpack it: tar -xOf FILE | sessionize run --batch -",
        },
    ),
    (
        8,
        b"DUCK",
        Other {
            first: b"",
            kind: "a DuckDB database",
            remedy: "export its table: duckdb FILE \"COPY events TO 'events.csv'\", and name that file",
        },
    ),
];

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
    Other { first: b"GIF8", kind: "a GIF image", remedy: IS_NO_LOG },
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
    Other {
        first: b"ARROW1\0\0",
        kind: "an Arrow or Feather file",
        remedy: "write it as Parquet, CSV or JSON lines",
    },
    Other {
        first: b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        kind: "an Excel workbook or another document of Office",
        remedy: "save the sheet as CSV UTF-8, and name that file",
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

/// The kind of the file with this beginning; `None` if its first bytes show none.
pub(super) fn by_first_bytes(beginning: &[u8]) -> Option<Other> {
    let zipped = ZIPPED.iter().filter(|(_, other)| beginning.starts_with(other.first));
    let mut holding = zipped.filter(|(part, _)| memchr::memmem::find(beginning, part).is_some());
    if let Some((_, other)) = holding.next() {
        return Some(*other);
    }
    let has_mark =
        |(at, mark): (usize, &[u8])| beginning.get(at..).is_some_and(|rest| rest.starts_with(mark));
    let marked = MARKED.iter().find(|(at, mark, _)| has_mark((*at, mark))).map(|(_, _, other)| other);
    let known = || OTHERS.iter().find(|other| beginning.starts_with(other.first));
    marked.copied().or_else(|| json_document(beginning)).or_else(|| known().copied())
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
