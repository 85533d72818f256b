//! Runs without a batch, and the commands that check and carry a checkpoint.

mod backup;
mod evict;
mod migrate;
mod partial;
mod rollback;
mod settle;
mod transfer;
mod verify;

pub use backup::backup;
pub use evict::evict;
pub use migrate::{keep_copy, migrate};
pub use rollback::rollback;
pub use transfer::{STANDARD_STREAM, export_state, import_state};
pub use verify::{accept_missing, verify};
