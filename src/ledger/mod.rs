//! The record of each run and file, and the pure decision what to do next.

#[cfg(test)]
mod entry_tests;
mod files;
mod gaps;
mod history;
mod prune;
#[cfg(test)]
mod prune_tests;
mod recovery;
mod run;
mod run_id;
mod stream;

pub use files::{FileDigest, FilePlace, FileStamp, KnownFiles, MAX_BEGINNING_BYTES, beginning_bytes};
pub use gaps::without_gaps;
pub use history::{NoRollback, RollbackPlan, accepted_missing, active_runs, audit, plan_rollback};
pub use prune::{Needed, PruneLimit, plan_prune};
pub use recovery::{HeadMark, Recovery, Side, Staged, recover};
pub use run::{Counts, FileEntry, Head, RunEntry, RunKind, WatermarkOrigin};
pub use run_id::RunId;
pub use stream::StreamId;
