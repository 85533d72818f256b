//! What a recorder sees of a step.

use crate::path::Path;
use crate::step::Step;

/// A change of the disk by the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// mkdir(2).
    CreateFolder(Path),
    /// open(2) of a new file.
    Create(Path),
    /// write(2).
    Write(Path),
    /// fsync(2) of a file or a folder.
    Sync(Path),
    /// rename(2).
    Rename(Path, Path),
    /// unlink(2) or rmdir(2).
    Remove(Path),
    /// The holder of the lock is noted.
    Lock,
    /// The program has announced a write to the store that no head names.
    WriteStore,
    /// The program has announced the commit.
    Commit,
}

impl Label {
    /// Whether this is what the step looks like.
    pub fn is_of(self, step: &Step) -> bool {
        match (self, step) {
            (Self::CreateFolder(path), Step::CreateFolder(of))
            | (Self::Create(path), Step::Create(of))
            | (Self::Write(path), Step::Write(of, _))
            | (Self::Sync(path), Step::SyncFile(of) | Step::SyncFolder(of))
            | (Self::Remove(path), Step::Remove(of)) => path == *of,
            (Self::Sync(path), Step::SyncLog) => matches!(path, Path::Log(_)),
            (Self::Rename(from, to), Step::Rename(of_from, of_to)) => (from, to) == (*of_from, *of_to),
            (Self::Lock, Step::LockState)
            | (Self::WriteStore, Step::WriteStream | Step::WriteState(_))
            | (Self::Commit, Step::Commit(_)) => true,
            _ => false,
        }
    }
}
