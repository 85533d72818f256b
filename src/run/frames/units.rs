//! Units of rows, and how many rows are taken at once.

use crate::core::reducer::SessionParts;
use crate::input::EventBatch;

/// The rows of one round: what a run takes at once is best no larger.
pub const ROUND_ROWS: usize = 4 * UNIT_ROWS;

/// The rows that one thread decodes at once. Fixed, because the order of sessions depends on it.
pub(super) const UNIT_ROWS: usize = 1 << 15;

/// A decoded unit. It is filled again for each unit, and keeps its memory.
#[derive(Debug, Default)]
pub(super) struct FrameUnit {
    /// The counts, the rows that become no events, and the events that are not folded yet.
    pub(super) batch: EventBatch,
    /// The events that are folded. A unit has only those, or none.
    pub(super) parts: SessionParts,
}
