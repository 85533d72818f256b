//! The decompressed content of a file, and its hash.
#![expect(clippy::cast_possible_truncation, reason = "never more than was just read into memory")]

use super::stored::StoredBytes;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use twox_hash::XxHash3_128;

/// The content from its first byte, as far as it was hashed.
#[derive(Clone, Default)]
pub(super) struct Hashed {
    pub(super) hash: Box<XxHash3_128>,
    pub(super) bytes: u64,
    /// Whether that is all of it.
    pub(super) is_complete: bool,
}

/// All readers of a file share it.
#[derive(Clone, Default)]
pub(super) struct SharedHash(Arc<Mutex<Hashed>>);

/// A hash that has gone through what stands for the content of a file besides its bytes.
pub(super) fn begun_hash(before: &[u8]) -> XxHash3_128 {
    let mut hash = XxHash3_128::new();
    hash.write(before);
    hash
}

impl SharedHash {
    /// A hash of nothing yet but `before`, which stands for the content of a file besides its bytes.
    pub(super) fn beginning_with(before: &[u8]) -> Self {
        Self(Arc::new(Mutex::new(Hashed { hash: Box::new(begun_hash(before)), ..Hashed::default() })))
    }

    pub(super) fn get(&self) -> MutexGuard<'_, Hashed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reader of the content of a file.
pub enum Content {
    /// The stored bytes themselves.
    Plain(Hashing<StoredBytes>),
    /// The decompressed bytes, each of which costs many times more.
    Packed(Hashing<Box<dyn Read + Send>>),
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stored) => stored.read(buffer),
            Self::Packed(packed) => packed.read(buffer),
        }
    }
}

/// Reads a content from its beginning, and hashes each byte once, whichever reader reads it first.
pub struct Hashing<R> {
    reader: R,
    offset: u64,
    hashed: SharedHash,
}

impl<R> Hashing<R> {
    pub(super) fn new(reader: R, hashed: &SharedHash) -> Self {
        Self { reader, offset: 0, hashed: hashed.clone() }
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        let mut hashed = self.hashed.get();
        let known = (hashed.bytes.saturating_sub(self.offset) as usize).min(count);
        hashed.hash.write(&buffer[known..count]);
        hashed.bytes += (count - known) as u64;
        self.offset += count as u64;
        hashed.is_complete |= count == 0 && !buffer.is_empty() && self.offset == hashed.bytes;
        Ok(count)
    }
}
