//! A database: tables and the position of the follower, changed in transactions.

use crate::delivery::bug::Bug;
use crate::delivery::log::Stride;
use crate::ledger::{Events, Mark, head};
use crate::path::Run;

/// What is committed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Database {
    /// How far the target has come.
    pub position: Mark,
    /// The sessions, each with the run that has brought it.
    pub rows: Vec<(Run, Events)>,
}

impl Default for Database {
    fn default() -> Self {
        Self { position: head(&[]), rows: Vec::new() }
    }
}

impl Database {
    /// What a transaction makes of it that takes a step.
    #[must_use]
    pub fn after(&self, stride: &Stride) -> Self {
        let mut rows = self.rows.clone();
        rows.retain(|(run, _)| stride.back_to.is_none_or(|to| *run <= to));
        if stride.rows != Events::NONE {
            rows.push((stride.mark.run, stride.rows));
        }
        Self { position: stride.mark, rows }
    }

    /// The transactions that take a step: one.
    pub fn transactions(&self, stride: &Stride, bug: Option<Bug>) -> Vec<Self> {
        let after = self.after(stride);
        let position_alone = Self { rows: self.rows.clone(), ..after.clone() };
        let rows_alone = Self { position: self.position, ..after.clone() };
        match bug {
            Some(Bug::PositionFirst) => vec![position_alone, after],
            Some(Bug::RowsFirst) => vec![rows_alone, after],
            _ => vec![after],
        }
    }
}
