//! How many rows are taken at once.

/// The rows of one round: what a run takes at once is best no larger.
pub const ROUND_ROWS: usize = 4 * UNIT_ROWS;

/// The rows that one thread decodes at once. Fixed, because the order of sessions depends on it.
pub(super) const UNIT_ROWS: usize = 1 << 15;
