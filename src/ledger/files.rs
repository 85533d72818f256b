//! Files are identified by their content (rule 11).

use super::RunId;
use std::fmt;

/// A content is found by a beginning of at most 2 to this power bytes.
const MAX_BEGINNING_LEVEL: u32 = 16;

/// The digest of the content of a file, decompressed, as far as it was ingested.
///
/// It protects against accidents, not against somebody who constructs two files with one digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileDigest {
    /// xxh3-128, seed 0.
    pub hash: u128,
    /// Length in bytes.
    pub bytes: u64,
    /// xxh3-64, seed 0, of its first [`beginning_bytes`]: this finds a file that continues after this content.
    pub beginning: u64,
}

impl FileDigest {
    /// Reads what [`fmt::Display`] has written, and the hash of the beginning in hexadecimal.
    pub fn read(digest: &str, beginning: &str) -> Option<Self> {
        let (hash, bytes) = digest.strip_prefix("xxh3-128:")?.split_once(':')?;
        Some(Self {
            hash: u128::from_str_radix(hash, 16).ok()?,
            bytes: bytes.parse().ok()?,
            beginning: u64::from_str_radix(beginning, 16).ok()?,
        })
    }
}

impl fmt::Display for FileDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "xxh3-128:{:032x}:{}", self.hash, self.bytes)
    }
}

/// The length of the beginning by which a content of `bytes` bytes is found: the largest power of two in it, at most 64 KiB.
///
/// To find the contents with which a file begins, only a few of its beginnings are looked up, however many contents are known.
pub const fn beginning_bytes(bytes: u64) -> u64 {
    match bytes {
        0 => 0,
        _ if bytes.ilog2() > MAX_BEGINNING_LEVEL => 1 << MAX_BEGINNING_LEVEL,
        _ => 1 << bytes.ilog2(),
    }
}

/// The longest beginning by which a content is found.
pub const MAX_BEGINNING_BYTES: u64 = 1 << MAX_BEGINNING_LEVEL;

/// A digest of all file digests in a ledger, independent of their order: it shows a lost or foreign one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KnownFiles {
    /// The number of files.
    pub count: u64,
    /// The sum over all files of `(hash + bytes + beginning) * (2 * run + 1)`, modulo 2 to the 128.
    pub sum: u128,
}

impl KnownFiles {
    /// The digest with one more file.
    #[must_use]
    pub const fn with(self, file: FileDigest, run: RunId) -> Self {
        let content = file.hash.wrapping_add(file.bytes as u128).wrapping_add(file.beginning as u128);
        let of_file = content.wrapping_mul(2 * run.number() as u128 + 1);
        Self { count: self.count + 1, sum: self.sum.wrapping_add(of_file) }
    }
}

/// The stamp of a file: shows that a file has not changed, without reading all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileStamp {
    /// The stamp of a file in a file system.
    File {
        /// The length of the stored bytes.
        bytes: u64,
        /// The modification time of its content, in nanoseconds since 1970.
        modified_ns: i64,
        /// The time of the last change of its content or properties, in nanoseconds since 1970.
        changed_ns: i64,
        /// Its inode number.
        inode: u64,
        /// xxh3-64 of the first and the last 64 KiB of the stored bytes.
        ends: u64,
    },
    /// Of an object in a store, or a file of a web server.
    Object {
        /// Length of the stored bytes.
        bytes: u64,
        /// xxh3-128 of its `ETag` without quotes.
        e_tag: u128,
    },
}

impl FileStamp {
    /// Whether nothing else than the content that it was made of can have it: then no byte has to be looked at.
    pub const fn is_sure(self) -> bool {
        matches!(self, Self::Object { .. })
    }
}

/// The place where a content was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePlace {
    /// xxh3-128 of the bytes of the absolute path, or of the URL.
    pub path_hash: u128,
    /// `None` if a change of the file might not show: it was changed just before it was read, or was not ingested completely.
    pub stamp: Option<FileStamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_files_in_short_show_a_lost_or_changed_one_but_not_the_order() {
        let digest = |hash, bytes| FileDigest { hash, bytes, beginning: 5 };
        let of = |files: &[(FileDigest, u64)]| {
            files.iter().fold(KnownFiles::default(), |all, &(file, run)| all.with(file, RunId::new(run)))
        };
        let both = of(&[(digest(7, 1), 1), (digest(9, 2), 2)]);
        assert_eq!(both, of(&[(digest(9, 2), 2), (digest(7, 1), 1)]));
        for other in [
            of(&[(digest(7, 1), 1)]),
            of(&[(digest(7, 1), 1), (digest(9, 2), 3)]),
            of(&[(digest(7, 1), 1), (digest(9, 3), 2)]),
            of(&[(digest(6, 1), 1), (digest(9, 2), 2)]),
            of(&[(FileDigest { beginning: 6, ..digest(7, 1) }, 1), (digest(9, 2), 2)]),
        ] {
            assert_ne!(both, other);
        }
    }

    #[test]
    fn a_content_is_found_by_half_of_it_or_more_up_to_64_kib() {
        let lengths = [0, 1, 2, 3, 4, 1000, 65_535, 65_536, 65_537, u64::MAX];
        let beginnings = lengths.map(beginning_bytes);
        assert_eq!(beginnings, [0, 1, 2, 2, 4, 512, 32_768, 65_536, 65_536, MAX_BEGINNING_BYTES]);
    }
}
