//! The stamp of a file: shows that it has not changed, without reading all of it.
#![expect(
    clippy::disallowed_methods,
    reason = "asks how long ago a file was changed, by the clock of its times"
)]

use super::read_at::ReadAt;
use crate::ledger::FileStamp;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, absolute};
use std::time::{Duration, SystemTime};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// The bytes at each end of a file in its stamp.
const END_BYTES: usize = 64 << 10;

/// A file that was changed so recently may be changed again without a change of its times.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

const NS_PER_S: i64 = 1_000_000_000;

/// xxh3-128 of the absolute path.
///
/// # Errors
/// If there is no working folder.
pub(super) fn path_hash(path: &Path) -> io::Result<u128> {
    Ok(xxh3_128(absolute(path)?.as_os_str().as_bytes()))
}

/// Whether a change of the file from now on would show in its times.
pub(super) fn is_settled(metadata: &Metadata) -> bool {
    let age = metadata.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
    age.is_some_and(|age| age >= SETTLED_AFTER)
}

/// The stamp of the file with this `metadata`.
///
/// # Errors
/// If it cannot be read.
pub(super) fn stamp_of(file: &File, metadata: &Metadata) -> io::Result<FileStamp> {
    Ok(FileStamp::File {
        bytes: metadata.len(),
        modified_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        changed_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        inode: metadata.ino(),
        ends: hash_of_ends(file, metadata.len())?,
    })
}

/// Whether the file of `metadata` is the one with this stamp. If its name, length and modification time `are_trusted`, neither
/// its bytes nor the change time are compared.
///
/// # Errors
/// If it cannot be read.
pub(super) fn has_stamp(
    file: &File,
    metadata: &Metadata,
    stamp: FileStamp,
    are_trusted: bool,
) -> io::Result<bool> {
    let FileStamp::File { bytes, modified_ns, changed_ns, inode, ends } = stamp else { return Ok(false) };
    let seems = metadata.len() == bytes
        && nanoseconds(metadata.mtime(), metadata.mtime_nsec()) == modified_ns
        && metadata.ino() == inode;
    let is_unchanged = || nanoseconds(metadata.ctime(), metadata.ctime_nsec()) == changed_ns;
    Ok(seems && (are_trusted || (is_unchanged() && hash_of_ends(file, bytes)? == ends)))
}

const fn nanoseconds(seconds: i64, nanoseconds: i64) -> i64 {
    seconds.saturating_mul(NS_PER_S).saturating_add(nanoseconds)
}

/// xxh3-64 of the first and the last [`END_BYTES`] of a file of this length. They overlap if the file is short.
fn hash_of_ends(file: &File, bytes: u64) -> io::Result<u64> {
    let mut hash = Xxh3::new();
    let mut end = vec![0; END_BYTES];
    for offset in [0, bytes.saturating_sub(END_BYTES as u64)] {
        let length = file.read_at_most(&mut end, offset)?;
        hash.update(&end[..length]);
    }
    Ok(hash.digest())
}
