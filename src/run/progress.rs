//! How far a command has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A counter that a command moves and another thread reads. Its clones are the same counter.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    bytes_parsed: Arc<AtomicU64>,
}

impl Progress {
    /// Bytes of rows parsed so far, after decompression.
    pub fn bytes_parsed(&self) -> u64 {
        self.bytes_parsed.load(Ordering::Relaxed)
    }

    /// Adds bytes of rows that were parsed.
    pub(super) fn add_bytes(&self, bytes: u64) {
        self.bytes_parsed.fetch_add(bytes, Ordering::Relaxed);
    }
}
