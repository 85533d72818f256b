//! Proposals from the first rows of a file: which columns are the key and the time, and which gap separates its sessions. Pure:
//! rows in, proposals out. Nothing here decides what a run does.

mod advice;
mod choice;
mod columns;
mod command;
mod document;
mod examples;
mod facts;
mod findings;
mod gap;
mod histogram;
mod named;
mod pauses;
mod table;

pub use advice::{Advice, advise, doubt_about_unnamed};
pub use choice::{ColumnChoice, choose};
pub use columns::flags;
pub use command::command_with;
pub use document::{document, gap_text};
pub use examples::examples;
pub use facts::facts;
pub use findings::Findings;
pub use gap::propose_gap;
pub use pauses::pauses_of;
pub use table::table;
