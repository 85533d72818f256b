//! Events that wait for the watermark, with what they carry.

use crate::core::event::Timestamp;

/// An event that waits for the watermark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BufferedEvent {
    /// When.
    pub time: Timestamp,
    /// What it carries.
    pub payload: Box<[u8]>,
    /// The number of its key.
    pub(super) number: usize,
}
