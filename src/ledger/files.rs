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
    fn known_repeated_and_new_files_are_told_apart() {
        let digest = |hash| FileDigest { hash, bytes: 1 };
        let batch = [digest(1), digest(2), digest(2), digest(1)];
        let plan = plan_files(&batch, |digest| (digest.hash == 1).then_some(RunId::new(7)));
        let known = FileStatus::Known(RunId::new(7));
        assert_eq!(plan, [known, FileStatus::New, FileStatus::Repeated, known]);
    }
}
