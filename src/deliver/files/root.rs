//! A store for what a distributed run writes: sessions, open state, commits.

use super::address::Place;
use super::bucket;
use super::folder::Folder;
use super::store::Store;
use crate::durable::Disk;
use crate::error::{Error, ErrorKind, Result};
use std::fs::File;
use std::path::Path;

/// Names with contents below one address: a folder, or the URL of an object store. No content is ever replaced.
pub struct Root(Box<dyn Store>);

impl Root {
    /// Opens an address. Nothing is written.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for an address that makes no sense, or that this build cannot reach.
    pub fn open(address: &str) -> Result<Self> {
        Ok(Self(match Place::of(address)? {
            Place::Folder(root) => Box::new(Folder::at(root, Disk::default())),
            Place::Bucket(url) => bucket::open(url)?,
        }))
    }

    /// A name as people see it.
    pub fn shown(&self, name: &str) -> String {
        self.0.shown(name)
    }

    /// Puts `content` under a name, unless something has it. The whole content appears at once. `true` only if this call has done it;
    /// otherwise [`Root::get`] tells what stands there.
    ///
    /// # Errors
    /// If the store gives no answer, or another one.
    pub fn put_new(&mut self, name: &str, content: &[u8]) -> Result<bool> {
        self.0.put_new(name, content)
    }

    /// What stands under a name; `None` if nothing has it.
    ///
    /// # Errors
    /// If the store gives no answer, or another one.
    pub fn get(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        self.0.get(name)
    }

    /// Puts a file of this machine under a name that nobody else uses. It is safe when this returns.
    ///
    /// # Errors
    /// If it cannot be read or written.
    #[expect(clippy::disallowed_methods, reason = "reads the file that it puts")]
    pub fn upload(&mut self, name: &str, file: &Path) -> Result<()> {
        let unread =
            |error: std::io::Error| Error::io(ErrorKind::Failed, "read what is to be put", file, &error);
        let mut content = File::open(file).map_err(unread)?;
        let bytes = content.metadata().map_err(unread)?.len();
        self.0.upload(name, &mut content, bytes)
    }

    /// The names that begin with `prefix`. One that was put just now may be missing.
    ///
    /// # Errors
    /// If the store gives no answer, or another one.
    pub fn list(&mut self, prefix: &str) -> Result<Vec<String>> {
        self.0.list(prefix)
    }

    /// Removes what stands under a name, if anything does.
    ///
    /// # Errors
    /// If the store gives no answer, or another one.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        self.0.remove(name)
    }
}
