//! The commands that check, repair and move a checkpoint.
//!
//! They use the steps of a run ([`crate::run`]) with its transaction, and have no batch.

mod backup;
mod expected;
mod inspect;
mod migrate;
mod partial;
#[cfg(any(test, debug_assertions))]
mod predecessor;
mod prune;
mod purge;
mod rewrite;
mod rollback;
#[cfg(feature = "parquet")]
mod root;
mod status;
mod transfer;
mod verify;

pub use backup::backup;
pub use expected::Interval;
pub use inspect::{InspectSettings, inspect};
pub use migrate::migrate;
#[cfg(any(test, debug_assertions))]
pub use predecessor::write as write_predecessor;
pub use prune::{PruneSettings, prune};
pub use purge::purge;
pub use rollback::rollback;
pub use status::{StatusSettings, status};
#[cfg(feature = "parquet")]
pub use transfer::export_root;
pub use transfer::{STANDARD_STREAM, export_state, import_state};
pub use verify::{accept_missing, verify};
