//! The fold past one machine: an engine such as Spark moves rows between tasks, and each task does its part here.
//!
//! A task that reads ([`Mapper`] record batches, [`FileRows`] files) turns them into rows with a bucket. The engine brings the rows of a bucket together and
//! sorts them. A task that folds ([`KeyFold`]) takes them key after key, and holds one key. All of them follow one [`Job`].

mod decide;
mod decoding;
mod digest;
mod documents;
mod event_rows;
mod file_rows;
mod fold;
mod job;
mod known;
mod limits;
mod mapper;
mod merging;
mod opened;
mod read_counts;
mod rows;
mod side_rows;
mod state_file;
mod written;

pub use decide::{decide, decide_by_files};
pub use documents::{Commit, CommitCounts, CommitFile, CommitInput, IMPORT, META_NAME, Meta, commit_name};
pub use file_rows::FileRows;
pub use fold::KeyFold;
pub use job::{EventTimeRow, Job, time_us};
pub use limits::check_limit;
pub use mapper::Mapper;
pub use opened::Opening;
pub use state_file::{StateFiles, StateKey, StatePiece, read_state};
