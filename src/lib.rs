//! sessionize turns event logs into user sessions, batch after batch, exactly once.
//!
//! The rooms, from the inside out:
//!
//! - the pure core: [`event`], [`gap`], [`session`], [`watermark`], [`partition`], [`purged`], [`rules`],
//!   [`reducer`], [`definition`], [`ledger`];
//! - the rooms that touch the world: [`source`], [`sink`], [`checkpoint`], [`durable`];
//! - [`pipeline`], which joins them for one run, and [`cli`], which turns flags into settings and reports into text.
//!
//! `docs/semantics.md` states what the program means, `docs/architecture.md` how the rooms fit together.

pub mod checkpoint;
pub mod cli;
pub mod definition;
pub mod durable;
pub mod error;
pub mod event;
pub mod fake;
pub mod gap;
pub mod ledger;
#[path = "../migrations/mod.rs"]
pub mod migrations;
pub mod partition;
pub mod pipeline;
pub mod purged;
pub mod reducer;
pub mod report;
pub mod rules;
pub mod session;
pub mod settings;
pub mod sink;
pub mod source;
pub mod watermark;
