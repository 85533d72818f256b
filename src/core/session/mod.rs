//! An [`OpenSession`] may still grow; closing it consumes it. A [`SessionBatch`] holds complete sessions as typed values.

mod batch;
mod close_reason;
mod completed;
mod event_rows;
mod id;
mod op;
mod open;
mod packed;

pub use batch::{Session, SessionBatch};
pub use close_reason::CloseReason;
pub use completed::CompletedSession;
pub use event_rows::{EventRows, events_in};
pub use id::SessionId;
pub use op::Op;
pub use open::OpenSession;

/// An event comes before an event of its key that is already folded: the input is not ordered by time within its keys.
///
/// This can only happen if the fold begins before all events of the run are there. The caller must start again with all events
/// in order, and must not use any output of the reducer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfOrder;
