//! Joins the modules for one command. This is the only module that uses threads and measures time.
//!
//! A run reads its batch in rounds of units. The units of a round are decoded in parallel into buffers of groups of partitions, then
//! folded in parallel, group by group; meanwhile the next rounds are read (`pipeline`, `schedule`). While the events of every key come in time order, the fold streams: a session is emitted
//! as soon as it is complete (`streaming`). The first event that comes before a folded event of its key ends that attempt. Then
//! the run reads the batch again into partition buffers, and sorts and folds them at the end (`sorted`). Both give exactly the
//! same sessions. A `transaction` commits the result, as in every other command.

mod batch;
mod batch_contents;
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests read and write files")]
mod batch_tests;
mod batch_work;
mod cancellation;
mod context;
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests read and write files")]
mod context_tests;
mod decoding;
mod execute;
mod file_order;
mod file_reader;
mod finalize;
mod finish;
mod first_use;
#[cfg(test)]
mod first_use_tests;
mod fold;
mod format_copy;
#[cfg(feature = "parquet")]
pub mod frames;
mod generations;
#[cfg(test)]
mod generations_tests;
mod group_round;
mod identity;
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests read and write files")]
mod identity_tests;
mod inquiry;
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests read and write files")]
pub(crate) mod job_tests;
mod limits;
#[cfg(test)]
mod limits_tests;
mod look;
mod natural;
mod only_new;
mod order;
mod output_batch;
mod output_writer;
mod pipeline;
mod plan;
#[cfg(test)]
mod plan_tests;
mod progress;
mod read_stats;
mod reading;
mod recovery;
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests read and write files")]
mod recovery_tests;
mod reported;
#[cfg(test)]
mod reported_tests;
mod rounds;
mod schedule;
mod side_rows;
mod sorted;
mod sources;
mod spill;
mod stop;
mod stopwatch;
mod strategy;
mod streaming;
mod time_hints;
mod totals;
mod transaction;
mod unpacking;
mod waves;
mod work;
mod workers;

pub use batch::run;
pub use cancellation::Cancellation;
pub use context::Context;
pub(crate) use context::{Locks, expect_existing};
pub use file_order::in_order;
pub use finalize::{FinalizeSettings, finalize};
pub(crate) use generations::{kept_runs, kept_text, oldest_reachable};
pub use identity::fetch_ahead;
#[cfg(feature = "shell")]
pub use inquiry::columns_of;
pub use inquiry::look_at_files;
pub use look::Look;
pub(crate) use look::Opening;
#[cfg(feature = "parquet")]
pub use natural::sort_names;
pub use only_new::only_new;
pub(crate) use plan::rule_set;
#[cfg(feature = "parquet")]
pub(crate) use plan::time_parser;
pub use plan::{check_request, check_secret};
pub use progress::Progress;
#[cfg(feature = "parquet")]
pub(crate) use reading::refusal;
pub(crate) use recovery::lost_outputs;
pub(crate) use reported::{origin_text, time_text};
pub(crate) use stopwatch::Stopwatch;
pub(crate) use transaction::{LedgerChange, Transaction};
pub use workers::Workers;
