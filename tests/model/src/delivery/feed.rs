//! The output folder, as a follower sees it: manifests, outputs, and how far the follower is registered.

use crate::command::Command;
use crate::ledger::{Entry, Events, Mark, after_finalize, after_rollback, after_run, head, is_active};
use crate::path::Run;
use std::collections::BTreeSet;

/// What is published. A manifest appears at once, when the outputs of its run are there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Feed {
    /// The runs that have manifests.
    pub runs: Vec<Entry>,
    /// The runs whose outputs a rollback has moved.
    pub retracted: BTreeSet<Run>,
    /// The rollback that is about to be published; its outputs move one after the other.
    pub moving: Option<Entry>,
    /// The last run whose outputs were pruned.
    pub pruned: Run,
    /// The position that the follower has registered.
    pub registered: Option<Mark>,
}

/// Where an output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Where its run has published it.
    Own,
    /// In `retracted/`.
    Retracted,
}

impl Feed {
    /// A run begins to publish: whoever looks sees nothing of it yet, unless it is a rollback.
    pub fn begin(&mut self, command: Command) {
        let entry = match command {
            Command::Run(batch) => after_run(&self.runs, batch),
            Command::Finalize => after_finalize(&self.runs),
            Command::Rollback(to) => after_rollback(&self.runs, to),
            Command::Backup => None,
        };
        match entry {
            Some(entry) if entry.back_to.is_some() => self.moving = Some(entry),
            entry => self.runs.extend(entry),
        }
    }

    /// A rollback moves the next output, and at last publishes its manifest.
    pub fn go_on(&mut self) {
        let Some(rollback) = self.moving else { return };
        let runs = rollback.back_to.into_iter().flat_map(|to| to + 1..rollback.mark.run);
        match runs.into_iter().find(|run| !self.retracted.contains(run)) {
            Some(run) => _ = self.retracted.insert(run),
            None => self.runs.extend(self.moving.take()),
        }
    }

    /// Removes the outputs that the follower has taken; not the newest run.
    pub fn prune(&mut self) {
        let newest = head(&self.runs).run;
        let taken = self.registered.map_or(0, |mark| mark.run);
        self.pruned = self.pruned.max(taken.min(newest.saturating_sub(1)));
    }

    /// Where the output of a run is; `None` if it was pruned.
    pub fn place_of(&self, run: Run) -> Option<Place> {
        let place = if self.retracted.contains(&run) { Place::Retracted } else { Place::Own };
        (run > self.pruned).then_some(place)
    }
}

/// What the active ones of these runs have published, each with its run.
pub fn published(runs: &[Entry]) -> Vec<(Run, Events)> {
    let rollbacks = || runs.iter().filter_map(|entry| Some((entry.mark.run, entry.back_to?)));
    let active = runs.iter().filter(|entry| is_active(entry.mark.run, rollbacks()));
    let outputs = active.map(|entry| (entry.mark.run, entry.completed));
    outputs.filter(|(_, events)| *events != Events::NONE).collect()
}
