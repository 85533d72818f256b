//! The commands that check, repair and move a checkpoint.
//!
//! They use the steps of a run ([`crate::run`]) with its transaction, and have no batch.

mod backup;
mod expected;
mod explain;
mod history;
#[cfg(test)]
mod import_tests;
mod inspect;
mod migrate;
mod overview;
mod partial;
#[cfg(any(test, debug_assertions))]
mod predecessor;
mod prune;
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests read and write files")]
mod prune_tests;
mod purge;
#[cfg(test)]
mod purge_tests;
mod reasons;
mod rewrite;
mod rollback;
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests read and write files")]
mod rollback_tests;
#[cfg(feature = "parquet")]
mod root;
mod session_rows;
mod status;
mod transfer;
mod verify;

pub use backup::backup;
pub use expected::Interval;
pub use explain::explain;
pub use inspect::{InspectSettings, inspect};
pub use migrate::migrate;
pub use overview::overview;
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
