//! The public core: a definition in, events in, completed sessions out, open state to bytes and back.
//!
//! The command folds with the same reducers under the same rules, many partitions side by side; what it adds are files,
//! threads and the exactly-once commit.

mod builder;
mod definition;
mod engine;
mod error;
mod saved;

pub use builder::SessionizerBuilder;
pub use engine::{Pushed, Sessionizer};
pub use error::SessionizerError;
