//! Where a reducer takes events from: a block at a time, so that it decides once for all of them how they are folded.

use crate::core::event::{Event, EventBuffer};
use crate::core::session::OutOfOrder;

/// Events of one partition, in the order of arrival or in the order `(time, seq)`.
pub trait EventSource {
    /// Why the events end early: the source has failed, or the fold cannot go on.
    type Error: From<OutOfOrder>;

    /// Visits the events in order.
    ///
    /// # Errors
    /// The first error of the source or of `visit`.
    fn for_each(self, visit: impl FnMut(Event<'_>) -> Result<(), Self::Error>) -> Result<(), Self::Error>;
}

impl EventSource for &EventBuffer {
    type Error = OutOfOrder;

    fn for_each(self, mut visit: impl FnMut(Event<'_>) -> Result<(), OutOfOrder>) -> Result<(), OutOfOrder> {
        for event in self.iter() {
            visit(event)?;
        }
        Ok(())
    }
}
