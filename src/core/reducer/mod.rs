//! The fold of one partition: events in, completed sessions and open state out.
//!
//! A [`SessionFold`] says what a batch is folded by, and makes a [`PartitionReducer`] for each partition. The reducer gets the open
//! state of its partition, takes events ([`PartitionReducer::take`]), folds those that the watermark has reached, closes what is
//! complete ([`PartitionReducer::finish`]), and returns the rest. Once for each block of events, it decides between the fold by the
//! gap alone and the fold with rules.
//!
//! Completed sessions leave into a [`crate::core::session::SessionBatch`] as soon as they are known.

mod buffered;
mod changes;
mod close;
mod correct;
mod counts;
mod fold;
mod gap;
mod instants;
mod local_fold;
mod partition;
mod places;
mod rules;
mod session_fold;
mod session_parts;
mod source;
mod table;
mod table_key;
mod tombstones;
mod view;

pub use changes::Fate;
pub use close::BatchEnd;
pub use counts::OpenCounts;
pub use fold::Fold;
pub use gap::{GapReducer, KeyState};
pub use local_fold::LocalFold;
pub use partition::PartitionReducer;
pub use rules::{RuleReducer, RuledState};
pub use session_fold::SessionFold;
pub use session_parts::{SessionPart, SessionParts};
pub use source::EventSource;
pub use view::{View, ViewAt};
