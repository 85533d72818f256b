//! A checkpoint: the result of the last committed run, and the commit of the next one.

use super::codec::{self, head_digest};
use super::damage::damaged;
use super::list::StateList;
use super::store::{Changes, Entry, StateStore, SyncReach};
use super::{entry, file_rows, frame, keys};
use crate::error::{Error, Result};
use crate::ledger::{FileDigest, FilePlace, Head, HeadMark, RunEntry, RunId, StreamId};
use std::path::PathBuf;

/// An open checkpoint. Its owner also holds the lock of the folder (see [`super::Lock`]), unless it is a copy.
#[derive(Debug)]
pub struct Checkpoint {
    pub(super) store: Box<dyn StateStore>,
    /// Its name in errors.
    pub(super) folder: PathBuf,
    pub(super) head: Option<Head>,
    /// The digest of the stored head.
    pub(super) mark: Option<HeadMark>,
    pub(super) stream: StreamId,
    /// The chunks of the open state.
    pub(super) list: StateList,
}

impl Checkpoint {
    /// The state after the last run; `None` before the first one.
    pub const fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// The digest that ties the newest manifest to the head; `None` before the first run.
    pub const fn mark(&self) -> Option<HeadMark> {
        self.mark
    }

    /// The stream of the checkpoint.
    pub const fn stream(&self) -> StreamId {
        self.stream
    }

    /// The format version of the stored head; `None` before the first run.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if the store cannot be read.
    pub fn stored_version(&self) -> Result<Option<u32>> {
        Ok(self.store.get(keys::HEAD)?.and_then(|bytes| frame::version_of(&bytes)))
    }

    /// The commit: head, ledger entry and file digests become visible in one atomic, synced write.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if it cannot be written. Then the process must end: only the next start finds out
    /// what is on the disk.
    pub fn commit(&mut self, entry: &RunEntry) -> Result<()> {
        self.commit_and_forget(entry, &[])
    }

    /// The same for a run that found known contents at new places.
    ///
    /// # Errors
    /// As [`Checkpoint::commit`].
    pub fn commit_with_places(&mut self, entry: &RunEntry, places: &[(FileDigest, FilePlace)]) -> Result<()> {
        let known = places.iter().map(|(digest, place)| file_rows::path_entry(digest, place));
        let puts = entry::parts_of(entry).chain(known).chain(entry_files(entry)).collect();
        self.commit_head(&entry.head, Changes { puts, removals: Vec::new() })
    }

    /// The same for a rollback: the files that it undoes become unknown in the same write.
    ///
    /// # Errors
    /// As [`Checkpoint::commit`].
    pub fn commit_and_forget(&mut self, entry: &RunEntry, forgotten: &[FileDigest]) -> Result<()> {
        let removals = forgotten.iter().map(keys::file).collect();
        let puts = entry::parts_of(entry).chain(entry_files(entry)).collect();
        self.commit_head(&entry.head, Changes { puts, removals })
    }

    /// Commits `head` together with `changes`.
    pub(super) fn commit_head(&mut self, head: &Head, mut changes: Changes) -> Result<()> {
        changes.puts.push((keys::HEAD.to_vec(), codec::encode_head(head)));
        self.store.commit(changes)?;
        self.mark = Some(head_digest(head));
        self.head = Some(head.clone());
        self.list = StateList::of_head(&*self.store, head, &self.folder)?;
        Ok(())
    }

    /// Brings the last commit to the disk, where this process has only found it: the one that made it may have ended before its
    /// sync.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if it cannot be synced.
    pub fn keep_commit(&self) -> Result<()> {
        self.store.sync(SyncReach::Entries)
    }

    /// The error for an entry that exists but cannot be trusted.
    pub(super) fn damaged(&self, entry: &str, damage: &str) -> Error {
        damaged(&self.folder, entry, damage)
    }
}

/// The entries of the files that a run ingested: their contents and their paths.
fn entry_files(entry: &RunEntry) -> impl Iterator<Item = Entry> {
    let contents = entry.files.iter().map(|file| file_entry(keys::file(&file.digest), entry.head.run));
    contents.chain(path_entries(entry))
}

/// The contents at the paths of the files that a run ingested.
pub(super) fn path_entries(entry: &RunEntry) -> impl Iterator<Item = Entry> {
    let placed = entry.files.iter().filter_map(|file| file.place.as_ref().map(|place| (&file.digest, place)));
    placed.map(|(digest, place)| file_rows::path_entry(digest, place))
}

/// The entry of a known file, from its key.
pub(super) fn file_entry(key: Vec<u8>, run: RunId) -> Entry {
    (key, run.number().to_be_bytes().to_vec())
}
