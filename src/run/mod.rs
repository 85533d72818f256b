//! Joins the rooms for one command. The only room that knows threads and measures time.
//!
//! A run reads its batch in rounds of blocks. Each round is parsed side by side into partition buffers and then folded
//! side by side, partition by partition. While the events of every key come in time order this streams: a session
//! leaves as soon as it is complete (`stream`). The first event that comes before a folded one of its key ends that
//! attempt, and the batch is read again into partition buffers, which are sorted and folded at the end (`collect`).
//! Both give exactly the same sessions.

mod batch;
mod commit;
mod context;
mod file_reader;
mod finalize;
mod finish;
mod fold;
mod format_copy;
mod generations;
mod look;
mod output_writer;
mod plan;
mod read_stats;
mod rounds;
mod side_rows;
mod sorted;
mod sources;
mod spill;
mod streaming;
mod totals;
mod unpacking;
mod watch;
mod workers;

pub use batch::run;
pub(crate) use batch::{origin_text, time_text};
pub(crate) use commit::check_balance;
pub use context::Context;
pub(crate) use context::{expect_existing, lock_output, lost_outputs};
pub use finalize::{FinalizeSettings, finalize};
pub(crate) use generations::{kept_runs, kept_text, oldest_reachable};
pub use look::Look;
pub(crate) use look::Opening;
pub use plan::check_request;
pub(crate) use plan::rule_set;
pub use watch::{Watch, committed, interrupt, let_go, while_not_committing};
pub(crate) use watch::{begin_commit, check_interrupted, end_commit, hold_on};
pub use workers::Workers;
