//! sessionize turns event logs into user sessions, batch after batch, exactly once.
//!
//! The rooms, from the inside out:
//!
//! - the pure core: [`event`], [`gap`], [`session`], [`watermark`], [`partition`], `reducer`, `ledger`;
//! - the rooms that touch the world: `source`, `sink`, `checkpoint`, `durable`;
//! - `pipeline`, which joins them for one run, and `cli`, which turns flags into settings and reports into text.
//!
//! `docs/semantics.md` states what the program means, `docs/architecture.md` how the rooms fit together.

pub mod error;
pub mod event;
pub mod gap;
pub mod partition;
pub mod session;
pub mod watermark;
