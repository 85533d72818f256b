//! Everything that changes: the disk, the stores, the processes, and what users remember.

use crate::backup::Backup;
use crate::copy::Copied;
use crate::disk::Disk;
use crate::job::Job;
use crate::ledger::Events;
use crate::path::{Checkpoint, Path};
use crate::process::Process;
use crate::recovery::newest;
use crate::step::Step;
use crate::store::Store;
use std::collections::BTreeMap;

/// A state of the model.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct World {
    /// The disk, without what is in the stores.
    pub disk: Disk,
    /// The store of each checkpoint.
    pub stores: Vec<Store>,
    /// The work of each user.
    pub jobs: Vec<Job>,
    /// The copy that `backup` has made.
    pub backup: Option<Backup>,
    /// A copy of everything that somebody has made with `cp`.
    pub copy: Option<Box<Copied>>,
    /// What has gone wrong so far.
    pub harm: Harm,
    /// For each checkpoint, the batches whose run has ended with exit code 0 and which nobody has rolled back.
    pub acknowledged: Vec<Events>,
    /// For each published run, the sessions that readers have seen.
    pub seen: BTreeMap<u8, Events>,
}

/// What has gone wrong so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Harm {
    /// Processes killed, and losses of power.
    pub crashes: u8,
    /// Those of them that were losses of power.
    pub power_losses: u8,
    /// How often a copy was put back.
    pub put_back: u8,
    /// Whether only one of the two folders was, so that they may be out of step.
    pub out_of_step: bool,
}

impl World {
    /// Whether nobody else has what this step needs.
    pub fn is_free(&self, process: &Process, step: &Step) -> bool {
        let mut others = self.jobs.iter().filter_map(|job| job.process.as_ref());
        match step {
            Step::LockState => !others.any(|other| other.holds_state && other.stream == process.stream),
            Step::LockOutput => !others.any(|other| other.holds_output),
            _ => true,
        }
    }

    /// Whether no process is at work.
    pub fn is_quiet(&self) -> bool {
        self.jobs.iter().all(|job| job.process.is_none())
    }

    /// Readers see what is published.
    pub fn look(&mut self) {
        for (path, content) in self.disk.names() {
            if let (Path::Manifest(run), crate::manifest::Content::Manifest(manifest)) = (path, content)
                && let Some(output) = manifest.output
            {
                self.seen.entry(run).or_insert(output);
            }
        }
    }

    /// The stream that has published here.
    pub fn publisher(&self) -> Option<Checkpoint> {
        newest(&self.disk).ok().flatten().map(|manifest| manifest.stream)
    }
}
