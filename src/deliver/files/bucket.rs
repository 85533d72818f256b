//! A bucket as a store.

use super::store::Store;
use crate::error::Result;
use crate::objects::Bucket;
use std::io::Read;

/// The store below a URL.
///
/// # Errors
/// [`crate::error::ErrorKind::Usage`] for a URL that makes no sense.
pub(super) fn open(url: &str) -> Result<Box<dyn Store>> {
    Ok(Box::new(Bucket::open(url)?))
}

impl Store for Bucket {
    fn shown(&self, name: &str) -> String {
        self.url_of(name)
    }

    fn put_new(&mut self, name: &str, content: &[u8]) -> Result<bool> {
        Self::put_new(self, name, content)
    }

    fn get(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        Self::get(self, name)
    }

    fn upload(&mut self, name: &str, content: &mut dyn Read, bytes: u64) -> Result<()> {
        Self::upload(self, name, content, bytes)
    }

    fn list(&mut self, prefix: &str) -> Result<Vec<String>> {
        Self::list(self, prefix)
    }

    fn remove(&mut self, name: &str) -> Result<()> {
        Self::remove(self, name)
    }
}
