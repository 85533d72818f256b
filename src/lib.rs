//! sessionize turns event logs into user sessions, batch after batch, exactly once.
//!
//! The command reads files and commits; this library is the part below it that files, threads and clocks do not reach. A
//! [`Sessionizer`] takes events in, hands completed sessions out as typed values, and keeps what is open as bytes from one batch to
//! the next:
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
//! `docs/semantics.md` states what sessions mean, `docs/architecture.md` how the modules fit together. What is not listed below is
//! there for the command and its tests, and changes without notice.

#![cfg_attr(
    not(feature = "cli"),
    allow(dead_code, unused_imports, reason = "parts of the modules below are there for the command")
)]

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod core;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod definition;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod durable;
#[doc(hidden)]
pub mod error;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod fake;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod input;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod ledger;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod maintenance;
#[doc(hidden)]
#[path = "../migrations/mod.rs"]
pub mod migrations;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod output;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod purged;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod report;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod run;
mod sessionizer;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod settings;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod state;
/// Of the module `state` the core alone has the encoding of open state, and no store.
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
