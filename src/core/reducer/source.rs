//! The source of a reducer's events: one block at a time, so that one decision for a block selects the fold.

use crate::core::event::{Event, EventBuffer};
use crate::core::session::OutOfOrder;

/// Events of one partition, in the order of arrival or in the order `(time, seq)`.
pub trait EventSource {
    /// Why the events end early: the source failed, or the fold cannot continue.
    type Error: From<OutOfOrder>;

    /// Visits the events in order.
    ///
    /// # Errors
    /// The first error of the source or of `visit`.
    fn for_each(self, visit: impl FnMut(Event<'_>) -> Result<(), Self::Error>) -> Result<(), Self::Error>;
}

/// One event.
impl EventSource for Event<'_> {
    type Error = OutOfOrder;

    fn for_each(self, mut visit: impl FnMut(Event<'_>) -> Result<(), OutOfOrder>) -> Result<(), OutOfOrder> {
        visit(self)
    }
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
