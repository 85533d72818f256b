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

pub mod cli;
pub mod core;
pub mod definition;
pub mod durable;
pub mod error;
pub mod fake;
pub mod input;
pub mod ledger;
pub mod maintenance;
#[path = "../migrations/mod.rs"]
pub mod migrations;
pub mod output;
pub mod purged;
pub mod report;
pub mod run;
pub mod settings;
pub mod state;
