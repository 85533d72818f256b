//! The follower: data files under names of their own first, then the manifest of the step, which makes all of it count.

use super::cleaning::{clean_all, clean_step};
use super::entries::{append, entry_of, newest};
use super::entry::Entry;
use super::identity::target_id;
use super::layout::StreamNames;
use super::random::random_id;
use super::sending::send;
use super::store::Store;
use crate::deliver::follower::{BEFORE_ALL, Follower, Position, Request, Step, reached};
use crate::durable::Disk;
use crate::error::Result;
use crate::ledger::HeadMark;
use crate::output::PublishedFile;

/// A follower of one stream in one store.
pub(super) struct Files {
    store: Box<dyn Store>,
    names: StreamNames,
    name: String,
    disk: Disk,
    target: String,
    target_id: String,
    newest: Option<Entry>,
}

impl Files {
    /// Looks which target `store` is.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Delivery`] if it cannot be reached, or can be none.
    pub(super) fn open(mut store: Box<dyn Store>, target: String, request: &Request<'_>) -> Result<Self> {
        reached(&request.disk, "look at the target")?;
        let target_id = target_id(store.as_mut())?;
        let (names, name) = (StreamNames(request.stream), request.name.to_owned());
        let disk = request.disk.clone();
        Ok(Self { store, names, name, disk, target, target_id, newest: None })
    }

    fn mark(&self) -> HeadMark {
        self.newest.as_ref().map_or(BEFORE_ALL, Entry::mark)
    }

    fn next_number(&self) -> u64 {
        self.newest.as_ref().map_or(0, |entry| entry.number) + 1
    }

    fn send_all(&mut self, entry: &mut Entry, files: Vec<PublishedFile>) -> Result<()> {
        let folder = self.names.data_of_attempt(entry.number, &entry.attempt);
        for file in files {
            reached(&self.disk, "send a file")?;
            entry.columns.insert(file.kind().name().to_owned(), file.columns().to_vec());
            entry.files.push(send(self.store.as_mut(), &folder, file)?);
        }
        Ok(())
    }
}

impl Follower for Files {
    fn target(&self) -> &str {
        &self.target
    }

    fn position(&mut self) -> Result<Position> {
        self.newest = newest(self.store.as_mut(), self.names)?;
        if let Some(newest) = &self.newest {
            // Whoever has taken the step may have ended before it could do this.
            clean_step(self.store.as_mut(), self.names, newest);
        }
        Ok(Position { target_id: self.target_id.clone(), mark: self.mark() })
    }

    fn apply(&mut self, at: HeadMark, step: Step) -> Result<bool> {
        if self.mark() != at {
            return Ok(false);
        }
        let mut entry =
            Entry::new(self.names.0, self.next_number(), random_id()?, &self.name, step.mark, step.back_to);
        if let Err(error) = self.send_all(&mut entry, step.rows) {
            // Whoever has taken the step removes what others have sent for it, also under their hands.
            let taken = entry_of(self.store.as_mut(), self.names, entry.number)?;
            return taken.map_or(Err(error), |_| Ok(false));
        }
        reached(&self.disk, "put the manifest")?;
        if !append(self.store.as_mut(), self.names, &entry)? {
            // What was sent is removed by the next look at the position.
            return Ok(false);
        }
        reached(&self.disk, "the run is delivered")?;
        clean_step(self.store.as_mut(), self.names, &entry);
        self.newest = Some(entry);
        Ok(true)
    }

    fn clean(&mut self) -> Result<u64> {
        clean_all(self.store.as_mut(), self.names)
    }
}
