//! A store of objects: data under names of their own, and manifests that are put only if their name is free.

use crate::delivery::log::Stride;
use crate::ledger::{Events, Mark, head};
use crate::path::Run;
use std::collections::{BTreeMap, BTreeSet};

/// Who has written something: no two processes have the same.
pub type Attempt = u8;

/// The place of a step among those of the stream, from 1.
pub type Number = u8;

/// The manifest of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Taken {
    /// Who has taken it.
    pub attempt: Attempt,
    /// What it is.
    pub stride: Stride,
}

/// All objects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Objects {
    /// Data: for which step, and by whom.
    pub data: BTreeMap<(Number, Attempt), Events>,
    /// The manifests.
    pub taken: BTreeMap<Number, Taken>,
    /// Puts of processes that have ended; each may still arrive, or never.
    pub on_the_way: BTreeSet<(Number, Taken)>,
}

impl Objects {
    /// The newest step.
    pub fn newest(&self) -> Option<(Number, Taken)> {
        self.taken.last_key_value().map(|(number, taken)| (*number, *taken))
    }

    /// Where the target is.
    pub fn position(&self) -> Mark {
        self.newest().map_or(head(&[]), |(_, taken)| taken.stride.mark)
    }

    /// A put that needs a free name.
    pub fn put_new(&mut self, number: Number, taken: Taken) {
        self.taken.entry(number).or_insert(taken);
    }

    /// Removes what others than the one who has taken a step have sent for it.
    pub fn clean(&mut self, number: Number, kept: Attempt) {
        self.data.retain(|(of, attempt), _| *of != number || *attempt == kept);
    }

    /// What a reader finds; `None` if data is missing that a manifest names.
    pub fn rows(&self) -> Option<Vec<(Run, Events)>> {
        let is_current = |number: Number, stride: &Stride| {
            let later = self.taken.range(number + 1..);
            !later.into_iter().any(|(_, other)| other.stride.back_to.is_some_and(|to| to < stride.mark.run))
        };
        let current = self.taken.iter().filter(|(number, taken)| is_current(**number, &taken.stride));
        let with_rows = current.filter(|(_, taken)| taken.stride.rows != Events::NONE);
        with_rows
            .map(|(number, taken)| {
                let data = self.data.get(&(*number, taken.attempt))?;
                (*data == taken.stride.rows).then_some((taken.stride.mark.run, *data))
            })
            .collect()
    }
}
