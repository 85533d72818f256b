//! What is known of each run and file, and what to do next: pure decisions.

mod files;
mod recovery;
mod run;

pub use files::{FileDigest, FileStatus, plan_files};
pub use recovery::{HeadMark, Recovery, recover};
pub use run::{Counts, FileEntry, Head, RunEntry, RunId, RunKind, WatermarkOrigin};
