//! The stored bytes of a batch file, wherever they lie.
#![expect(clippy::cast_possible_truncation, reason = "never more than was just read into memory")]

use super::read_at::ReadAt;
use super::stamp::{has_stamp, is_settled, stamp_of};
use crate::error::Error;
use crate::ledger::FileStamp;
use crate::objects::Object;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// Where the bytes of a batch file come from.
#[derive(Debug)]
pub(super) enum Stored {
    /// A file of the file system, or one without a name that has a copy of a stream.
    Local(LocalFile),
    /// An object of a store, or a file of a web server.
    Object(Object),
}

impl ReadAt for Stored {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Self::Local(local) => FileExt::read_at(&local.file, buffer, offset),
            Self::Object(object) => object.read_at(buffer, offset),
        }
    }
}

impl Stored {
    /// How many bytes there are.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Local(local) => local.metadata.len(),
            Self::Object(object) => object.bytes(),
        }
    }

    /// What would show that it has changed since it was opened; `None` where a change might not show.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn stamp(&self) -> io::Result<Option<FileStamp>> {
        match self {
            Self::Local(local) if !local.is_settled => Ok(None),
            Self::Local(local) => stamp_of(&local.file, &local.metadata).map(Some),
            Self::Object(object) => Ok(stamp_of_object(object)),
        }
    }

    /// Whether it is what had this stamp. See [`has_stamp`].
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn has_stamp(&self, stamp: FileStamp, are_trusted: bool) -> io::Result<bool> {
        match self {
            Self::Local(local) => has_stamp(&local.file, &local.metadata, stamp, are_trusted),
            Self::Object(object) => Ok(stamp_of_object(object) == Some(stamp)),
        }
    }

    /// Whether it is not what it was when it was opened.
    ///
    /// # Errors
    /// If the system does not say.
    pub(super) fn has_changed(&self) -> io::Result<bool> {
        match self {
            Self::Local(local) => local.has_changed(),
            // A change shows while it is fetched, which happens once.
            Self::Object(_) => Ok(false),
        }
    }

    /// Begins to fetch it, if it is not here.
    pub(super) fn fetch(&self) {
        if let Self::Object(object) = self {
            object.fetch();
        }
    }

    /// Why it cannot be fetched, if that is so.
    pub(super) fn failure(&self) -> Option<Error> {
        match self {
            Self::Local(_) => None,
            Self::Object(object) => object.failure(),
        }
    }
}

fn stamp_of_object(object: &Object) -> Option<FileStamp> {
    let e_tag = xxh3_128(object.e_tag()?.as_bytes());
    Some(FileStamp::Object { bytes: object.bytes(), e_tag })
}

/// An open file.
#[derive(Debug)]
pub(super) struct LocalFile {
    file: File,
    /// What was said of it when it was opened.
    metadata: Metadata,
    /// Whether a change after it was opened would show in its times.
    is_settled: bool,
}

impl LocalFile {
    /// # Errors
    /// If the system says nothing of it.
    pub(super) fn new(file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self { is_settled: is_settled(&metadata), file, metadata })
    }

    fn has_changed(&self) -> io::Result<bool> {
        let now = self.file.metadata()?;
        Ok(now.len() != self.metadata.len() || now.modified().ok() != self.metadata.modified().ok())
    }
}

/// Reads the stored bytes in order, up to the length that they had when they were opened.
pub struct StoredBytes {
    stored: Arc<Stored>,
    offset: u64,
    end: u64,
}

impl StoredBytes {
    pub(super) fn new(stored: &Arc<Stored>) -> Self {
        Self { stored: Arc::clone(stored), offset: 0, end: stored.bytes() }
    }
}

impl Read for StoredBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = (self.end - self.offset).min(buffer.len() as u64) as usize;
        let count = self.stored.read_at(&mut buffer[..most], self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}
