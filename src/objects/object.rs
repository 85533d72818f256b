//! One object, as the rest of the program sees it: bytes that can be read at any place.
//!
//! It is fetched once, into a temporary file without a name. Its digest needs every byte, and decoding reads it a second time.

use super::client::Client;
use super::failure::Failure;
use super::location::Location;
use super::parts::Parts;
use super::queue::{Queue, Urgency};
use super::store::Store;
use crate::error::Error;
use object_store::ObjectMeta;
use object_store::path::Path;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// An object of a store, or a file of a web server.
#[derive(Debug)]
pub struct Object {
    shared: Arc<Shared>,
    requests: Requests,
}

/// Who makes requests, and which are to be made for bytes.
#[derive(Debug, Clone)]
pub(super) struct Requests {
    pub(super) client: Arc<Client>,
    pub(super) queue: Arc<Queue<Job>>,
}

/// A part that is to be fetched, if anybody still has its object.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) object: Weak<Shared>,
    pub(super) part: usize,
}

/// What those who fetch it know too.
#[derive(Debug)]
pub(super) struct Shared {
    url: String,
    identity: String,
    pub(super) store: Store,
    pub(super) path: Path,
    pub(super) bytes: u64,
    /// What the store said of it when it was found.
    meta: ObjectMeta,
    /// How long a request and all its repetitions may take.
    pub(super) limit: Duration,
    copy: Mutex<Copy>,
    arrived: Condvar,
}

/// As much of it as is here.
#[derive(Debug)]
struct Copy {
    parts: Parts,
    /// Made for its first bytes.
    file: Option<Arc<File>>,
    failure: Option<Failure>,
    is_asked_for: bool,
}

impl Object {
    pub(super) fn new(
        location: &Location,
        name: &str,
        meta: &ObjectMeta,
        store: Store,
        requests: Requests,
    ) -> Self {
        let parts = Parts::of(meta.size, !store.gives_parts());
        let copy = Copy { parts, file: None, failure: None, is_asked_for: false };
        let shared = Shared {
            url: location.shown(name),
            identity: location.identity(name),
            path: meta.location.clone(),
            bytes: meta.size,
            meta: meta.clone(),
            store,
            limit: requests.client.limit,
            copy: Mutex::new(copy),
            arrived: Condvar::new(),
        };
        Self { shared: Arc::new(shared), requests }
    }

    /// Its URL, without anything secret.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// All of its URL: what it is known by.
    pub fn identity(&self) -> &str {
        &self.shared.identity
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> u64 {
        self.shared.bytes
    }

    /// What changes whenever its bytes do; `None` if the store has nothing of that kind.
    pub fn e_tag(&self) -> Option<&str> {
        self.shared.meta.e_tag.as_deref().and_then(strong)
    }

    /// Begins to fetch it. Its beginning comes before the rest of others, its rest after that of those that were asked for before.
    pub fn fetch(&self) {
        let mut copy = self.shared.copy();
        if std::mem::replace(&mut copy.is_asked_for, true) {
            return;
        }
        for part in 0..copy.parts.count() {
            let urgency = if part == 0 { Urgency::Beginning } else { Urgency::Rest };
            self.requests.queue.push(urgency, self.job(part));
        }
    }

    fn job(&self, part: usize) -> Job {
        Job { object: Arc::downgrade(&self.shared), part }
    }

    /// Reads what stands from `offset` on, as much as is there of it, and waits for the first byte: the part in which that lies is
    /// fetched, whatever was asked for before. Can be called side by side.
    ///
    /// # Errors
    /// If it cannot be fetched: [`Object::failure`] says why.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if buffer.is_empty() || offset >= self.shared.bytes {
            return Ok(0);
        }
        let mut copy = self.shared.copy();
        let (readable, file) = loop {
            if copy.failure.is_some() {
                return Err(io::Error::other("the object cannot be fetched"));
            }
            match (copy.parts.readable(offset), &copy.file) {
                (readable, Some(file)) if readable > 0 => break (readable, Arc::clone(file)),
                _ => {}
            }
            if let Some(part) = copy.parts.want(offset) {
                self.requests.queue.push(Urgency::Wanted, self.job(part));
            }
            copy = self.shared.arrived.wait(copy).unwrap_or_else(PoisonError::into_inner);
        };
        drop(copy);
        let length = usize::try_from(readable).unwrap_or(usize::MAX).min(buffer.len());
        file.read_at(&mut buffer[..length], offset)
    }

    /// Why it cannot be read, if that is so.
    pub fn failure(&self) -> Option<Error> {
        let copy = self.shared.copy();
        copy.failure.as_ref().map(|failure| failure.error(self.shared.store.scheme).at(&self.shared.url))
    }
}

impl Shared {
    fn copy(&self) -> MutexGuard<'_, Copy> {
        self.copy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The range of a part that nobody fetches yet.
    pub(super) fn claim(&self, part: usize) -> Option<Range<u64>> {
        let mut copy = self.copy();
        if copy.failure.is_some() { None } else { copy.parts.claim(part) }
    }

    /// The condition that it has not changed since it was found.
    pub(super) fn if_match(&self) -> Option<String> {
        self.meta.e_tag.as_deref().and_then(strong).map(|e_tag| format!("\"{e_tag}\""))
    }

    /// Whether the store says the same of it as when it was found.
    pub(super) fn is(&self, meta: &ObjectMeta) -> bool {
        let e_tag = |meta: &ObjectMeta| meta.e_tag.as_deref().map(|e_tag| e_tag.trim_matches('"').to_owned());
        let is_same = e_tag(meta) == e_tag(&self.meta) && meta.size == self.bytes;
        is_same && (self.meta.e_tag.is_some() || meta.last_modified == self.meta.last_modified)
    }

    /// Puts bytes into the copy, and wakes those who wait for them.
    ///
    /// # Errors
    /// [`Failure::NoCopy`]
    pub(super) fn store_bytes(&self, part: usize, offset: u64, bytes: &[u8]) -> Result<(), Failure> {
        let file = self.file().map_err(|error| Failure::no_copy(&error))?;
        file.write_all_at(bytes, offset).map_err(|error| Failure::no_copy(&error))?;
        self.copy().parts.fill(part, offset + bytes.len() as u64);
        self.arrived.notify_all();
        Ok(())
    }

    fn file(&self) -> io::Result<Arc<File>> {
        let mut copy = self.copy();
        if let Some(file) = &copy.file {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(tempfile::tempfile()?);
        copy.file = Some(Arc::clone(&file));
        Ok(file)
    }

    /// Says that it cannot be read. The first reason is the one that counts.
    pub(super) fn fail(&self, failure: Failure) {
        self.copy().failure.get_or_insert(failure);
        self.arrived.notify_all();
    }
}

/// An `ETag` that is another one for other bytes, without its quotes. A weak one may stay.
fn strong(e_tag: &str) -> Option<&str> {
    (!e_tag.starts_with("W/")).then(|| e_tag.trim_matches('"')).filter(|e_tag| !e_tag.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_strong_e_tag_says_that_bytes_are_the_same() {
        assert_eq!(strong("\"ab-2\""), Some("ab-2"));
        assert_eq!(strong("0x8D"), Some("0x8D"));
        assert_eq!((strong("W/\"ab\""), strong("\"\""), strong("")), (None, None, None));
    }
}
