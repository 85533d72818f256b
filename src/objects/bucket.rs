//! A place in a store that is written to: names with contents below it.

use super::client::{Client, SLOWEST_BYTES_PER_S};
use super::failure::Failure;
use super::location::Location;
use super::store::Store;
use super::upload::{PART_BYTES, Upload};
use crate::error::Result;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutMode, PutOptions, PutPayload};
use std::future::Future;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

/// A bucket or container, or a folder in one. Each call makes requests, and waits for their answers.
#[derive(Debug)]
pub struct Bucket {
    location: Location,
    store: Store,
    client: Arc<Client>,
}

impl Bucket {
    /// The place that a URL names. Asks nobody yet.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Usage`] for a URL that makes no sense, [`crate::error::ErrorKind::Delivery`] for an environment
    /// that makes none.
    pub fn open(url: &str) -> Result<Self> {
        let location = Location::of_root(url).map_err(|error| error.at(Location::without_secrets(url)))?;
        let client = Client::start()?;
        let store = Store::open(&location, client.limit)
            .map_err(|failure| failure.of_target(location.scheme).at(location.shown("")))?;
        Ok(Self { location, store, client })
    }

    /// The URL of what stands under a name.
    pub fn url_of(&self, name: &str) -> String {
        self.location.shown(&self.location.below(name))
    }

    /// Puts an object, unless the name is taken. `true` only if this call has done it; otherwise [`Bucket::get`] tells what is there.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Delivery`] if the store does not say so.
    pub fn put_new(&self, name: &str, content: &[u8]) -> Result<bool> {
        let (store, payload) = (self.store.clone(), PutPayload::from(content.to_vec()));
        self.ask(name, content.len() as u64, |path| async move {
            match store.objects.put_opts(&path, payload, PutOptions::from(PutMode::Create)).await {
                Ok(_) => Ok(true),
                Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                    Ok(false)
                }
                Err(error) => Err(Failure::of(&error)),
            }
        })
    }

    /// The content of an object; `None` if there is none.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Delivery`] if the store does not give it.
    pub fn get(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let store = self.store.clone();
        self.ask(name, 0, |path| async move {
            let failed = |error: object_store::Error| Failure::of(&error);
            match store.objects.get(&path).await {
                Ok(found) => Ok(Some(found.bytes().await.map_err(failed)?.to_vec())),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(failed(error)),
            }
        })
    }

    /// Puts `bytes` bytes under a name. Large contents go in parts, a few of which are in memory.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Delivery`] if they cannot be read, or the store does not take them. Then what it has of them is
    /// given up.
    pub fn upload(&self, name: &str, content: &mut dyn Read, bytes: u64) -> Result<()> {
        let upload = Upload { client: &self.client, store: &self.store, path: self.path(name)?, bytes };
        let sent = if bytes <= PART_BYTES { upload.whole(content) } else { upload.in_parts(content) };
        sent.map_err(|failure| failure.of_target(self.location.scheme).at(self.url_of(name)))
    }

    /// The names that begin with `prefix`: a request for each thousand.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Delivery`] if the store does not list them.
    pub fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let (mut names, mut token) = (Vec::new(), None);
        let root = self.location.below("");
        loop {
            let (store, full) = (self.store.clone(), self.location.below(prefix));
            let (objects, next) = self.ask(prefix, 0, |_| async move { store.page(&full, token).await })?;
            let relative = |name: &str| name.strip_prefix(&root).map(str::to_owned);
            names.extend(objects.iter().filter_map(|object| relative(object.location.as_ref())));
            token = next;
            if token.is_none() {
                return Ok(names);
            }
        }
    }

    /// Removes an object, if it is there.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Delivery`] if the store does not do it.
    pub fn remove(&self, name: &str) -> Result<()> {
        let store = self.store.clone();
        self.ask(name, 0, |path| async move {
            match store.objects.delete(&path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(Failure::of(&error)),
            }
        })
    }

    /// Waits for requests about `name`, which send so many bytes.
    fn ask<T: Send + 'static, F>(&self, name: &str, bytes: u64, work: impl FnOnce(Path) -> F) -> Result<T>
    where
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let limit = self.client.limit + Duration::from_secs(bytes / SLOWEST_BYTES_PER_S);
        let answer = self.client.wait_within(limit, work(self.path(name)?));
        answer.map_err(|failure| failure.of_target(self.location.scheme).at(self.url_of(name)))
    }

    fn path(&self, name: &str) -> Result<Path> {
        let path = self.store.path(self.location.below(name).trim_end_matches('/'));
        path.map_err(|failure| failure.of_target(self.location.scheme).at(self.url_of(name)))
    }
}
