//! A file is known by its content (rule 11).

use super::RunId;
use std::fmt;

/// The content of a file: xxh3-128 of its bytes as they are stored, and how many there are.
///
/// It guards against accidents, not against somebody who builds two files with one digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileDigest {
    /// xxh3-128, seed 0.
    pub hash: u128,
    /// Length in bytes.
    pub bytes: u64,
}

impl fmt::Display for FileDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "xxh3-128:{:032x}:{}", self.hash, self.bytes)
    }
}

/// All file digests that a ledger knows, in short: a lost or foreign one shows in it, in whatever order they are added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KnownFiles {
    /// How many.
    pub count: u64,
    /// Over all of them `(hash + bytes) * (2 * run + 1)`, modulo 2 to the 128.
    pub sum: u128,
}

impl KnownFiles {
    /// These and one more.
    #[must_use]
    pub const fn with(self, file: FileDigest, run: RunId) -> Self {
        let of_file = file.hash.wrapping_add(file.bytes as u128).wrapping_mul(2 * run.number() as u128 + 1);
        Self { count: self.count + 1, sum: self.sum.wrapping_add(of_file) }
    }
}

/// What to do with a file of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileStatus {
    /// Its content has not been seen: take it in.
    New,
    /// A committed run has taken it in.
    Known(RunId),
    /// The same content stands earlier in this batch.
    Repeated,
}

/// Decides for each file of a batch; `known` asks the ledger.
pub fn plan_files(digests: &[FileDigest], known: impl Fn(&FileDigest) -> Option<RunId>) -> Vec<FileStatus> {
    let status = |(position, digest): (usize, &FileDigest)| match known(digest) {
        Some(run) => FileStatus::Known(run),
        None if digests[..position].contains(digest) => FileStatus::Repeated,
        None => FileStatus::New,
    };
    digests.iter().enumerate().map(status).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_files_in_short_show_a_lost_or_changed_one_but_not_the_order() {
        let digest = |hash, bytes| FileDigest { hash, bytes };
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
        ] {
            assert_ne!(both, other);
        }
    }

    #[test]
    fn known_repeated_and_new_files_are_told_apart() {
        let digest = |hash| FileDigest { hash, bytes: 1 };
        let batch = [digest(1), digest(2), digest(2), digest(1)];
        let plan = plan_files(&batch, |digest| (digest.hash == 1).then_some(RunId::new(7)));
        let known = FileStatus::Known(RunId::new(7));
        assert_eq!(plan, [known, FileStatus::New, FileStatus::Repeated, known]);
    }
}
