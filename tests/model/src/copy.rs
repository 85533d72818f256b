//! Older states of the folders that somebody puts in the place of newer ones.

use crate::disk::Disk;
use crate::ledger::{Events, head};
use crate::path::{Checkpoint, Path};
use crate::store::Store;
use crate::world::World;

/// Both folders as they were.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Copied {
    /// The disk.
    pub disk: Disk,
    /// The stores.
    pub stores: Vec<Store>,
    /// What was acknowledged by then.
    pub acknowledged: Vec<Events>,
}

impl World {
    /// A copy of both folders.
    pub fn copied(&self) -> Box<Copied> {
        let Self { disk, stores, acknowledged, .. } = self.clone();
        Box::new(Copied { disk, stores, acknowledged })
    }

    /// Somebody puts back copies of these folders.
    pub fn put_back(&mut self, folders: &[Path]) {
        let Some(copy) = self.copy.take() else { return };
        let was_there = self.copied();
        for folder in folders {
            self.disk.put_back(*folder, &copy.disk);
            if let Path::State(stream) = folder {
                self.stores[usize::from(*stream)] = copy.stores[usize::from(*stream)].clone();
            }
        }
        self.harm.out_of_step |= folders.len() == 1;
        if folders.len() > 1 {
            self.acknowledged = copy.acknowledged;
            // It is kept beside: two histories.
            self.copy = Some(was_there).filter(|_| self.harm.put_back == 0);
        }
        self.was_put_back();
    }

    /// The store of a checkpoint opens as it was one commit before.
    pub fn open_older(&mut self, stream: Checkpoint) {
        let store = &mut self.stores[usize::from(stream)];
        *store = store.one_commit_back();
        self.harm.out_of_step = true;
        // No copy is put back besides: both folders at the same earlier time are a sound pair.
        self.copy = None;
        self.was_put_back();
    }

    /// Somebody restores the backup.
    pub fn restore(&mut self) {
        let Some(backup) = self.backup.take() else { return };
        self.disk.put_back(Path::Out, &backup.disk());
        self.acknowledged[0].0 &= head(&backup.data.runs).known.0;
        self.stores[0] = Store::of(backup.data);
        self.was_put_back();
    }

    /// What readers saw and how commands ended says nothing about what is there now.
    fn was_put_back(&mut self) {
        self.harm.put_back += 1;
        self.seen.clear();
        self.look();
        self.jobs.iter_mut().for_each(|job| job.ended = None);
    }
}
