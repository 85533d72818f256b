//! What batches of rows come to.

use super::state::FrameState;
use crate::ledger::Counts;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

/// Batches with one schema.
#[derive(Debug, Clone)]
pub struct FrameTable {
    /// The columns.
    pub schema: SchemaRef,
    /// The rows.
    pub batches: Vec<RecordBatch>,
}

/// The result of a run over batches of rows.
#[derive(Debug)]
pub struct FrameOutput {
    /// Completed sessions that were not taken before.
    pub sessions: FrameTable,
    /// Their events, if those are emitted.
    pub events: Option<FrameTable>,
    /// Late rows: their place among all rows, from 0, the reason, and their values.
    pub late: FrameTable,
    /// Rejected rows, in the same form.
    pub rejects: FrameTable,
    /// The counts, which balance.
    pub counts: Counts,
    /// The open state after it.
    pub state: FrameState,
}
