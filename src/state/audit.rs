//! The audit of the open state of one head, without a fold: its sums, and what is wrong with it.

use super::checkpoint::Checkpoint;
use super::list::StateList;
use super::reader::StateReader;
use super::rows::{self, Counting};
use super::seen::Seen;
use crate::core::partition::PartitionId;
use crate::core::reducer::OpenCounts;
use crate::error::{Error, Result};
use crate::ledger::Head;
use crate::migrations::checkpoint::OpenRow;

/// The result of an audit.
#[derive(Debug, Clone, Default)]
pub struct StateAudit {
    /// The chunks that could be read.
    pub chunks: u64,
    /// The sums of the rows that could be read.
    pub open: OpenCounts,
    /// What is wrong, as text.
    pub findings: Vec<String>,
}

impl Checkpoint {
    /// Checks every chunk and row of the state that `head` describes against its checksum, the head and the rules. Linear in
    /// the open state. Memory: the keys of one partition.
    ///
    /// # Errors
    /// If the store cannot be read at all.
    pub fn audit_state(&self, head: &Head) -> Result<StateAudit> {
        let mut audit = StateAudit::default();
        let list = self.list_of(head, &mut audit.findings)?;
        let (state, counting) = (StateReader::new(self, &list, head), Counting::of(head));
        for partition in PartitionId::all() {
            let mut seen = Seen::default();
            let (open, mut wrong, mut broken) = (&mut audit.open, Vec::new(), Vec::new());
            let visit = |row: OpenRow<'_>| {
                wrong.extend(seen.check(&row, partition, head));
                open.add(counting.count(&row, seen.goes_on(&row)));
                seen.take(&row);
                Ok(())
            };
            let damaged = |error: Error| {
                broken.push(error.to_string());
                Ok(())
            };
            audit.chunks += state.visit(partition, visit, damaged)?;
            audit.findings.extend(wrong.into_iter().chain(broken));
        }
        audit.findings.extend(against_head(audit.chunks, audit.open, &list, head));
        Ok(audit)
    }
}

/// How a state differs from its head, as text.
pub(super) fn against_head(chunks: u64, open: OpenCounts, list: &StateList, head: &Head) -> Vec<String> {
    let run = head.run.number();
    let mut findings = Vec::new();
    if chunks != head.chunks || list.against(head).is_some() {
        findings.push(format!(
            "the open state after run {run} has {} chunks that can be read, {} expected, or their digests differ",
            chunks, head.chunks
        ));
    }
    findings.extend(rows::against_head(open, head));
    findings
}
