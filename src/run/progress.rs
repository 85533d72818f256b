//! The progress of a command.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A counter that a command advances and another thread reads. Clones are the same counter.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    bytes_parsed: Arc<AtomicU64>,
}

impl Progress {
    /// The bytes of rows parsed so far, after decompression.
    pub fn bytes_parsed(&self) -> u64 {
        self.bytes_parsed.load(Ordering::Relaxed)
    }

    /// Adds bytes of parsed rows.
    pub(super) fn add_bytes(&self, bytes: u64) {
        self.bytes_parsed.fetch_add(bytes, Ordering::Relaxed);
    }
}
