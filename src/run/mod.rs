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
mod correct;
mod finalize;
mod finish;
mod fold;
mod folding;
mod generations;
mod inspect;
mod look;
mod output_writer;
mod plan;
mod read_stats;
mod rounds;
mod sorted;
mod sources;
mod spill;
mod streaming;
mod totals;
mod unpacking;
mod upkeep;
mod watch;
mod workers;

pub use batch::run;
pub use context::Context;
pub use finalize::{FinalizeSettings, finalize};
pub use inspect::{InspectSettings, inspect};
pub use look::Look;
pub use plan::check_request;
pub use upkeep::{
    STANDARD_STREAM, accept_missing, backup, export_state, import_state, migrate, purge, rollback, verify,
};
pub use watch::{Watch, committed, interrupt, let_go, while_not_committing};
pub use workers::Workers;
