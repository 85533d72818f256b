//! The fold past one machine: an engine such as Spark moves rows between tasks, and each task does its part here.
//!
//! A task that reads ([`Mapper`]) turns record batches into rows with a bucket. The engine brings the rows of a bucket together and
//! sorts them. A task that folds ([`KeyFold`]) takes them key after key, and holds one key. All of them follow one [`Job`].

mod decide;
mod documents;
mod fold;
mod job;
mod mapper;
mod merging;
mod opened;
mod rows;
mod state_file;
mod written;

pub use decide::decide;
pub use documents::{Commit, CommitCounts, CommitFile, META_NAME, Meta, commit_name};
pub use fold::KeyFold;
pub use job::{EventTimeRow, Job};
pub use mapper::Mapper;
pub use opened::opened_rows;
pub use state_file::{StateFile, StateKey, read_state};
