//! The public core: a definition and events in, completed sessions out, open state to bytes and back.
//!
//! A `Sessionizer` stands on [`crate::core::reducer::SessionFold`], as the command does. It adds the batch in memory, the checks of
//! an event, and one byte string for all open state. The command adds files, threads and the exactly-once commit.

mod builder;
mod definition;
mod engine;
mod error;
mod saved;

pub use builder::SessionizerBuilder;
pub use engine::{Pushed, Sessionizer};
pub use error::SessionizerError;
