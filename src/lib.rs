//! sessionize turns event logs into user sessions, batch after batch, exactly once.
//!
//! The command reads files and commits its output. This library is its core, which uses no file, thread or clock. A
//! [`Sessionizer`] takes events, returns completed sessions as typed values, and saves its open state as bytes, so that the next
//! batch can continue it:
//!
//! ```
//! use sessionize::{Sessionizer, Timestamp, Value};
//!
//! let definition = || Sessionizer::builder().gap("30m").watermark_delay("1m").aggregate("sum(amount)");
//! let minute = |minute: i64| Timestamp::from_us(minute * 60_000_000).unwrap();
//! let mut today = definition().build()?;
//! today.push(b"ann", minute(10), &[b"1.50"])?;
//! today.push(b"ann", minute(0), &[b"2"])?;
//! today.push(b"bob", minute(45), &[b""])?;
//! let completed = today.advance()?;
//! let ann = completed.iter().next().unwrap();
//! assert_eq!((ann.key, ann.start, ann.end, ann.event_count), (&b"ann"[..], minute(0), minute(10), 2));
//! assert_eq!(ann.values().next(), Some(Value::Decimal("3.50".into())));
//!
//! let mut tomorrow = definition().load(&today.save())?;
//! tomorrow.push(b"bob", minute(60), &[b"0.10"])?;
//! assert_eq!(tomorrow.finish()?.iter().next().unwrap().event_count, 2);
//! # Ok::<(), sessionize::SessionizerError>(())
//! ```
//!
//! `docs/semantics.md` defines the sessions, and `docs/architecture.md` describes how the modules fit together. The rest of this
//! crate is the command.

#![cfg_attr(
    not(feature = "cli"),
    allow(dead_code, unused_imports, reason = "only the command uses some parts of the modules below")
)]

mod core;
mod error;
#[path = "../migrations/mod.rs"]
mod migrations;
mod sessionizer;

#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "cli")]
mod compression;
#[cfg(feature = "cli")]
mod definition;
#[cfg(feature = "cli")]
mod deliver;
#[cfg(feature = "parquet")]
mod distributed;
#[cfg(feature = "cli")]
mod durable;
#[cfg(feature = "cli")]
mod fake;
#[cfg(feature = "cli")]
mod figures;
#[cfg(feature = "cli")]
mod html;
#[cfg(feature = "cli")]
mod input;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod internals;
#[cfg(feature = "cli")]
mod ledger;
#[cfg(feature = "cli")]
mod maintenance;
#[cfg(feature = "cli")]
mod objects;
#[cfg(feature = "cli")]
mod output;
#[cfg(feature = "cli")]
mod proposal;
#[cfg(feature = "cli")]
mod purged;
#[cfg(feature = "cli")]
mod report;
#[cfg(feature = "cli")]
mod run;
#[cfg(feature = "cli")]
mod settings;
#[cfg(feature = "cli")]
mod state;
/// Without the command, `state` is only the encoding of open state. It has no store.
#[cfg(not(feature = "cli"))]
mod state {
    mod frame;
    pub(crate) mod rows;
}

pub use crate::core::aggregates::Value;
pub use crate::core::event::{Timestamp, Values};
pub use crate::core::rules::{FilteredSessions, ProjectedColumn};
pub use crate::core::session::{CloseReason, Op, Session, SessionBatch, SessionId};
pub use crate::core::watermark::Watermark;
pub use sessionizer::{Pushed, Sessionizer, SessionizerBuilder, SessionizerError};
