//! The bytes of an object on their way into a store.

use super::client::{Client, SLOWEST_BYTES_PER_S};
use super::failure::Failure;
use super::store::Store;
use futures_util::future::try_join_all;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use std::io::Read;
use std::time::Duration;

/// What is sent with one request, and the smallest part of what is sent with several.
pub(super) const PART_BYTES: u64 = 8 << 20;
/// Parts that are sent side by side.
const SIDE_BY_SIDE: usize = 4;
/// Stores take 10,000 parts at most.
const MAX_PARTS: u64 = 9_000;

/// An upload of `bytes` bytes.
pub(super) struct Upload<'u> {
    pub(super) client: &'u Client,
    pub(super) store: &'u Store,
    pub(super) path: Path,
    pub(super) bytes: u64,
}

impl Upload<'_> {
    /// Sends everything with one request.
    ///
    /// # Errors
    /// Why it is not there.
    pub(super) fn whole(self, content: &mut dyn Read) -> Result<(), Failure> {
        let payload = PutPayload::from(read_part(content, self.bytes)?);
        let (store, limit) = (self.store.clone(), self.limit(self.bytes));
        self.client.wait_within(limit, async move {
            store.objects.put(&self.path, payload).await.map(|_| ()).map_err(|error| Failure::of(&error))
        })
    }

    /// Sends parts, and lets the store put them together in the end.
    ///
    /// # Errors
    /// Why it is not there. The store is told to forget the parts that it has.
    pub(super) fn in_parts(self, content: &mut dyn Read) -> Result<(), Failure> {
        let (store, path) = (self.store.clone(), self.path.clone());
        let upload = self.client.wait_for(async move {
            store.objects.put_multipart(&path).await.map_err(|error| Failure::of(&error))
        })?;
        let mut upload = Some(upload);
        let sent = self.send(&mut upload, content);
        if let (Err(_), Some(mut upload)) = (&sent, upload) {
            // What it keeps costs space, and nothing else.
            let _ = self
                .client
                .wait_for(async move { upload.abort().await.map_err(|error| Failure::of(&error)) });
        }
        sent
    }

    fn send(
        &self,
        upload: &mut Option<Box<dyn MultipartUpload>>,
        content: &mut dyn Read,
    ) -> Result<(), Failure> {
        // All but the last have the same size, as some stores want it.
        let part_bytes = PART_BYTES.max(self.bytes.div_ceil(MAX_PARTS));
        let mut rest = self.bytes;
        while rest > 0 {
            let mut parts = Vec::new();
            while rest > 0 && parts.len() < SIDE_BY_SIDE {
                let bytes = rest.min(part_bytes);
                let payload = PutPayload::from(read_part(content, bytes)?);
                parts.extend(upload.as_mut().map(|upload| upload.put_part(payload)));
                rest -= bytes;
            }
            let sent =
                async move { try_join_all(parts).await.map(|_| ()).map_err(|error| Failure::of(&error)) };
            self.client.wait_within(self.limit(part_bytes * SIDE_BY_SIDE as u64), sent)?;
        }
        let Some(mut whole) = upload.take() else { return Ok(()) };
        let (whole, done) = self.client.wait_for(async move {
            let done = whole.complete().await;
            Ok((whole, done))
        })?;
        *upload = Some(whole);
        done.map(|_| ()).map_err(|error| Failure::of(&error))
    }

    fn limit(&self, bytes: u64) -> Duration {
        self.client.limit + Duration::from_secs(bytes / SLOWEST_BYTES_PER_S)
    }
}

/// The next `bytes` bytes of `content`.
fn read_part(content: &mut dyn Read, bytes: u64) -> Result<Vec<u8>, Failure> {
    let mut part = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
    content.take(bytes).read_to_end(&mut part).map_err(|error| Failure::Other(error.to_string()))?;
    if part.len() as u64 == bytes {
        Ok(part)
    } else {
        Err(Failure::Other("the output changed while it was sent".to_owned()))
    }
}
