//! An [`OpenSession`] may still grow; closing consumes it. A [`SessionBatch`] holds complete sessions as typed values.

mod batch;
mod close_reason;
mod completed;
mod id;
mod op;
mod open;
mod packed;

pub use batch::{Session, SessionBatch};
pub use close_reason::CloseReason;
pub use completed::CompletedSession;
pub use id::SessionId;
pub use op::Op;
pub use open::OpenSession;

/// An event came before one that is already folded: the input is not ordered by time within its keys.
///
/// Only an event that is folded while later batches of the same run are still to come can meet this. Whoever sees it
/// starts over with all events of the run in order; nothing that the reducer emitted before may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfOrder;
