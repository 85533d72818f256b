//! How batches of rows are folded.

use crate::core::event::Timestamp;
use crate::core::watermark::Advance;
use crate::definition::{DefinitionRequest, KeyHasher};

/// How batches of rows are folded.
#[derive(Debug, Clone)]
pub struct FrameSettings {
    /// The requested definition.
    pub request: DefinitionRequest,
    /// What replaces keys, with the secret that the caller names. The request has its fingerprint.
    pub key_hasher: Option<KeyHasher>,
    /// How the watermark moves at the end.
    pub advance: Advance,
    /// The time at the start: events further in the future than `max_future_us` are rejected.
    pub as_of: Timestamp,
    /// See `as_of`.
    pub max_future_us: i64,
    /// What is known of the order of the rows.
    pub ordering: Ordering,
}

/// What is known of the order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordering {
    /// The events of each key come in the order of their times: memory is needed for what is open. Any other order is found out.
    ByKey,
    /// Nothing: all events stay in memory until the end.
    Unknown,
}
