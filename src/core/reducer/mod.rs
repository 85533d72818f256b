//! The fold of one partition: events in, completed sessions and open state out.
//!
//! A [`PartitionReducer`] is given the open state of its partition, takes events in ([`PartitionReducer::take`]), folds what
//! the watermark has reached, closes what is complete ([`PartitionReducer::finish`]) and hands the rest back. Which
//! reducer it is, the one of the gap alone or the one of rules, is decided once for each block of events.
//!
//! Completed sessions leave into a [`crate::core::session::SessionBatch`] as soon as they are known.

mod buffered;
mod close;
mod correct;
mod counts;
mod fold;
mod gap;
mod instants;
mod partition;
mod rules;
mod source;
mod table;
mod tombstones;
mod view;

pub use close::BatchEnd;
pub use counts::OpenCounts;
pub use fold::Fold;
pub use gap::{GapReducer, KeyState};
pub use partition::PartitionReducer;
pub use rules::{RuleReducer, RuledState};
pub use source::EventSource;
pub use view::{View, ViewAt};
