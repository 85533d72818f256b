//! The commands that check, repair and move a checkpoint.
//!
//! They use the steps of a run ([`crate::run`]) with its transaction, and have no batch.

mod backup;
mod inspect;
mod migrate;
mod partial;
#[cfg(any(test, debug_assertions))]
mod predecessor;
mod prune;
mod purge;
mod rewrite;
mod rollback;
mod transfer;
mod verify;

pub use backup::backup;
pub use inspect::{InspectSettings, inspect};
pub use migrate::migrate;
#[cfg(any(test, debug_assertions))]
pub use predecessor::write as write_predecessor;
pub use prune::{PruneSettings, prune};
pub use purge::purge;
pub use rollback::rollback;
pub use transfer::{STANDARD_STREAM, export_state, import_state};
pub use verify::{accept_missing, verify};
