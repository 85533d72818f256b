//! A checkpoint: where the last committed run has left everything, and the commit of the next one.

use super::codec::{self, head_digest};
use super::damage::damaged;
use super::list::StateList;
use super::store::{Changes, Entry, StateStore};
use super::{entry, file_rows, frame, keys};
use crate::error::{Error, Result};
use crate::ledger::{FileDigest, FilePlace, Head, HeadMark, RunEntry, RunId, StreamId};
use std::path::PathBuf;

/// An open checkpoint. Whoever holds one of a folder holds its lock too (see [`super::Lock`]), unless it is a copy.
#[derive(Debug)]
pub struct Checkpoint {
    pub(super) store: Box<dyn StateStore>,
    /// What it is called in errors.
    pub(super) folder: PathBuf,
    pub(super) head: Option<Head>,
    /// The digest of the head as it is stored.
    pub(super) mark: Option<HeadMark>,
    pub(super) stream: StreamId,
    /// The chunks of the state that it describes.
    pub(super) list: StateList,
}

impl Checkpoint {
    /// Where the last run left it; `None` before the first one.
    pub const fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// The digest that ties the newest manifest to the head; `None` before the first run.
    pub const fn mark(&self) -> Option<HeadMark> {
        self.mark
    }

    /// The stream that it is the checkpoint of.
    pub const fn stream(&self) -> StreamId {
        self.stream
    }

    /// The version of the format in which the head is stored; `None` before the first run.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if the store cannot be read.
    pub fn stored_version(&self) -> Result<Option<u32>> {
        Ok(self.store.get(keys::HEAD)?.and_then(|bytes| frame::version_of(&bytes)))
    }

    /// The commit: head, ledger entry and file digests become visible in one atomic, synced write.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if it cannot be written. The process must then end: what is on the disk is not known until
    /// the next start looks.
    pub fn commit(&mut self, entry: &RunEntry) -> Result<()> {
        self.commit_and_forget(entry, &[])
    }

    /// The same for a run that has met known contents at these places, where they were not known to lie.
    ///
    /// # Errors
    /// As [`Checkpoint::commit`].
    pub fn commit_with_places(&mut self, entry: &RunEntry, places: &[(FileDigest, FilePlace)]) -> Result<()> {
        let known = places.iter().map(|(digest, place)| file_rows::path_entry(digest, place));
        let puts = entry::parts_of(entry).chain(known).chain(entry_files(entry)).collect();
        self.commit_head(&entry.head, Changes { puts, removals: Vec::new() })
    }

    /// The same for a rollback: the files that it takes back become unknown in the same write.
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

    /// The error for an entry that is there but cannot be trusted.
    pub(super) fn damaged(&self, entry: &str, damage: &str) -> Error {
        damaged(&self.folder, entry, damage)
    }
}

/// The entries of the files that a run has taken in: their contents, and what lies under their paths.
fn entry_files(entry: &RunEntry) -> impl Iterator<Item = Entry> {
    let contents = entry.files.iter().map(|file| file_entry(keys::file(&file.digest), entry.head.run));
    contents.chain(path_entries(entry))
}

/// What lies from now on under the paths of the files that a run has taken in.
pub(super) fn path_entries(entry: &RunEntry) -> impl Iterator<Item = Entry> {
    let placed = entry.files.iter().filter_map(|file| file.place.as_ref().map(|place| (&file.digest, place)));
    placed.map(|(digest, place)| file_rows::path_entry(digest, place))
}

/// The entry of a known file, from its key.
pub(super) fn file_entry(key: Vec<u8>, run: RunId) -> Entry {
    (key, run.number().to_be_bytes().to_vec())
}
