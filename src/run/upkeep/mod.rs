//! Runs without a batch, and the commands that check and carry a checkpoint.

mod backup;
mod migrate;
mod partial;
mod purge;
mod rollback;
mod settle;
mod transfer;
mod verify;

pub use backup::backup;
pub use migrate::{keep_copy, migrate};
pub use purge::purge;
pub use rollback::rollback;
pub use transfer::{STANDARD_STREAM, export_state, import_state};
pub use verify::{accept_missing, verify};
