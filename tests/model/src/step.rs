//! The steps of a command: what it does to the disk, one after the other, and what it decides between them.

use crate::ledger::{Entry, Events};
use crate::manifest::Content;
use crate::path::{Path, Run};
use crate::recovery::Refusal;

/// A step. A crash may come before or after each of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Locks the state folder.
    LockState,
    /// Locks the output folder.
    LockOutput,
    /// Creates a folder whose name is free.
    CreateFolder(Path),
    /// fsync of a folder.
    SyncFolder(Path),
    /// fsync of several folders, in any order.
    SyncFolders(Vec<Path>),
    /// Creates a file.
    Create(Path),
    /// Writes all of a file.
    Write(Path, Content),
    /// fsync of a file.
    SyncFile(Path),
    /// rename(2).
    Rename(Path, Path),
    /// Removes a file.
    Remove(Path),
    /// Removes a folder with all that is in it, in any order.
    RemoveAll(Path),
    /// Writes the id of the stream to the store.
    WriteStream,
    /// Writes open state to the store under a generation that no head names.
    WriteState(Events),
    /// Makes a run the last one: head, entry and known batches in one batch of the store.
    Commit(Entry),
    /// Flushes the store and syncs its log.
    SyncLog,
    /// Copies the checkpoint, the staged manifest and the names of all outputs, in a moment in which nobody writes.
    CopyCheckpoint,
    /// Copies the outputs, by those names.
    CopyOutputs,
    /// Verifies the copy, and gives it its name.
    NameBackup,
    /// What only this process sees.
    Internal(Internal),
}

/// A decision, from what the process reads. It changes nothing, and is replaced by the steps that follow from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Internal {
    /// Opens the store; begins the checkpoint if nothing is committed in it.
    Open,
    /// Finds what an earlier command has left to do.
    Decide,
    /// Finds what this one has to do.
    Plan,
    /// Creates a folder and those above it, unless they are there, and syncs their names.
    MakeFolder(Path),
    /// The same without a sync: their names are synced later, together with others.
    MakeFolderUnsynced(Path),
    /// Creates folders and those above them, unless they are there; then syncs their names, each folder once.
    MakeFolders(Vec<Path>),
    /// Moves a staged file into place, unless it is there.
    Publish(Path, Path),
    /// Moves the output of a run that is rolled back.
    Retract(Run),
    /// Ends the command.
    End(End),
}

/// How a command ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// With exit code 0: it is done, now or before.
    Done,
    /// With exit code 74, and a line that says why.
    Refused(Refusal),
}
