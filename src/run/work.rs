//! What the workers of a run do.

use super::stop::Stop;
use std::ops::AddAssign;

/// The tasks of a worker.
pub(super) trait Work: Sync {
    /// Reads one unit after the other.
    type Reader: Send;
    /// A unit that was read.
    type Unit;
    /// What a worker keeps from task to task.
    type Hands;
    /// A unit that was decoded.
    type Decoded: Send + Sync;
    /// What is known of a round when all of it is decoded.
    type Seal: Send + Sync;
    /// What a fold puts out.
    type Output: Send;

    /// For a worker that begins.
    fn hands(&self) -> Self::Hands;

    /// The next unit and the number of its bytes; `None` at the end.
    fn read(&self, reader: &mut Self::Reader, hands: &mut Self::Hands) -> Option<(Self::Unit, u64)>;

    /// Decodes a unit, in the memory of `recycled` if there is any.
    fn decode(
        &self,
        unit: Self::Unit,
        hands: &mut Self::Hands,
        recycled: Option<Self::Decoded>,
    ) -> Self::Decoded;

    /// Folds a group of a round into `output`.
    ///
    /// # Errors
    /// Why the run cannot continue like this.
    fn fold(
        &self,
        group: usize,
        units: &[Self::Decoded],
        seal: &Self::Seal,
        output: &mut Self::Output,
        hands: &mut Self::Hands,
    ) -> Result<GroupMemory, Stop>;

    /// Releases the memory of a group that its next folds can do without.
    ///
    /// # Errors
    /// Why the run cannot continue like this.
    fn release(&self, group: usize) -> Result<(), Stop>;
}

/// The memory that the fold of a group keeps, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct GroupMemory {
    /// What it cannot do without.
    pub(super) kept: usize,
    /// What [`Work::release`] would release.
    pub(super) releasable: usize,
}

impl AddAssign for GroupMemory {
    fn add_assign(&mut self, other: Self) {
        self.kept += other.kept;
        self.releasable += other.releasable;
    }
}
