//! The files of ledger entries and the contents at paths: from values of the core to rows of the newest format, and back.

use super::frame;
use super::keys;
use super::store::Entry;
use crate::ledger::{FileDigest, FileEntry, FilePlace, FileStamp};
use crate::migrations::checkpoint::{read, v1};

pub(super) fn file_row(file: &FileEntry) -> v1::FileRow {
    v1::FileRow {
        path: file.path.clone(),
        hash: file.digest.hash,
        bytes: file.digest.bytes,
        beginning: file.digest.beginning,
        known_bytes: file.known_bytes,
        rows: file.rows,
        source: file.source.clone(),
        place: file.place.as_ref().map(place_row),
    }
}

pub(super) fn file(row: v1::FileRow) -> FileEntry {
    let v1::FileRow { hash, bytes, beginning, .. } = row;
    FileEntry {
        path: row.path,
        digest: FileDigest { hash, bytes, beginning },
        known_bytes: row.known_bytes,
        rows: row.rows,
        source: row.source,
        place: row.place.map(place),
    }
}

fn place_row(place: &FilePlace) -> v1::FilePlace {
    v1::FilePlace { path_hash: place.path_hash, stamp: place.stamp.map(stamp_row) }
}

fn place(row: v1::FilePlace) -> FilePlace {
    FilePlace { path_hash: row.path_hash, stamp: row.stamp.map(stamp) }
}

fn stamp_row(stamp: FileStamp) -> v1::FileStamp {
    match stamp {
        FileStamp::File { bytes, modified_ns, changed_ns, inode, ends } => {
            v1::FileStamp::File { bytes, modified_ns, changed_ns, inode, ends }
        }
        FileStamp::Object { bytes, e_tag } => v1::FileStamp::Object { bytes, e_tag },
    }
}

fn stamp(row: v1::FileStamp) -> FileStamp {
    match row {
        v1::FileStamp::File { bytes, modified_ns, changed_ns, inode, ends } => {
            FileStamp::File { bytes, modified_ns, changed_ns, inode, ends }
        }
        v1::FileStamp::Object { bytes, e_tag } => FileStamp::Object { bytes, e_tag },
    }
}

/// The entry for the path of `place`: this content was found there.
pub(super) fn path_entry(digest: &FileDigest, place: &FilePlace) -> Entry {
    let FileDigest { hash, bytes, beginning } = *digest;
    let row = v1::PathRow { hash, bytes, beginning, stamp: place.stamp.map(stamp_row) };
    (keys::path(place.path_hash), frame::seal(&row))
}

/// The content that was found at a path, and its stamp.
pub(super) fn found_at(bytes: &[u8]) -> Result<(FileDigest, Option<FileStamp>), String> {
    let (version, row) = frame::open(bytes)?;
    let v1::PathRow { hash, bytes, beginning, stamp: stamped } = read::path(version, row)?;
    Ok((FileDigest { hash, bytes, beginning }, stamped.map(stamp)))
}
