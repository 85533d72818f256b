//! Batches of rows in memory, such as data frames: the run of a command without its files.
//!
//! Decoder, intake, folds and encoder are those of a run, so sessions, ids, late rows and rejects are the same. What a command keeps
//! in its state folder is a [`FrameState`]: a checkpoint in memory, which is exported and imported as one on a disk.

mod frame_run;
mod labels;
mod output;
mod parts;
mod published;
mod reading;
mod row_numbers;
mod settings;
mod side;
mod state;
mod units;

pub use frame_run::{FrameRun, Taken};
pub use labels::Labels;
pub use output::{FrameOutput, FrameTable};
pub use settings::{FrameSettings, Ordering};
pub use state::FrameState;
pub use units::ROUND_ROWS;
