//! A bucket, a container or a web server: opened with what the environment says, nothing else.

use super::connection::{Connector, lacks_answer};
use super::failure::Failure;
use super::location::{Location, Scheme};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::http::HttpBuilder;
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientConfigKey, ClientOptions, GetOptions, ObjectMeta, ObjectStore, RetryConfig,
};
use std::sync::Arc;
use std::time::Duration;

/// Between two of the same request.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// A request may take long for a large body, but not without a byte.
const SILENCE: &str = "30 seconds";
/// Longer than any request is let go on: whoever makes one has its limit.
const LONGEST: &str = "1 day";

/// A store.
#[derive(Clone)]
pub(super) struct Store {
    pub(super) scheme: Scheme,
    pub(super) objects: Arc<dyn ObjectStore>,
    /// `None` for a web server, which lists nothing.
    listing: Option<Arc<dyn PaginatedListStore>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

impl Store {
    /// The store of `location`. Requests are repeated for `limit` at most, with pauses that grow. Speaks to nobody yet.
    ///
    /// # Errors
    /// [`Failure::Other`] if the environment makes no sense.
    pub(super) fn open(location: &Location, limit: Duration) -> Result<Self, Failure> {
        // It gives up before its caller does, who could not say why.
        let backoff = BackoffConfig { max_backoff: LONGEST_PAUSE.min(limit / 8), ..BackoffConfig::default() };
        let retry = RetryConfig { retry_timeout: limit / 2, backoff, ..RetryConfig::default() };
        let (scheme, bucket) = (location.scheme, location.bucket.as_str());
        let failed = |error: object_store::Error| Failure::of(&error);
        Ok(match scheme {
            Scheme::S3 => {
                let builder = AmazonS3Builder::from_env()
                    .with_bucket_name(bucket)
                    .with_http_connector(Connector)
                    .with_retry(retry);
                let limited = TIMES.into_iter().fold(builder, |builder, (key, time)| {
                    builder.with_config(AmazonS3ConfigKey::Client(key), time)
                });
                Self::with_listing(scheme, limited.build().map_err(failed)?)
            }
            Scheme::Google => {
                let builder = GoogleCloudStorageBuilder::from_env()
                    .with_bucket_name(bucket)
                    .with_http_connector(Connector)
                    .with_retry(retry);
                let limited = TIMES.into_iter().fold(builder, |builder, (key, time)| {
                    builder.with_config(GoogleConfigKey::Client(key), time)
                });
                Self::with_listing(scheme, limited.build().map_err(failed)?)
            }
            Scheme::Azure => {
                let builder = MicrosoftAzureBuilder::from_env()
                    .with_container_name(bucket)
                    .with_http_connector(Connector)
                    .with_retry(retry);
                let limited = TIMES.into_iter().fold(builder, |builder, (key, time)| {
                    builder.with_config(AzureConfigKey::Client(key), time)
                });
                Self::with_listing(scheme, limited.build().map_err(failed)?)
            }
            Scheme::Web => {
                let options = TIMES
                    .into_iter()
                    .fold(ClientOptions::new().with_allow_http(true), |options, (key, time)| {
                        options.with_config(key, time)
                    });
                let url = location.identity(&location.name);
                let server = HttpBuilder::new()
                    .with_url(url)
                    .with_client_options(options)
                    .with_http_connector(Connector)
                    .with_retry(retry);
                Self { scheme, objects: Arc::new(server.build().map_err(failed)?), listing: None }
            }
        })
    }

    fn with_listing(scheme: Scheme, store: impl ObjectStore + PaginatedListStore) -> Self {
        let store = Arc::new(store);
        Self { scheme, objects: Arc::clone(&store) as Arc<dyn ObjectStore>, listing: Some(store) }
    }

    /// Whether every object can be fetched in parts.
    pub(super) fn gives_parts(&self) -> bool {
        self.scheme != Scheme::Web
    }

    /// Where an object lies in it.
    ///
    /// # Errors
    /// [`Failure::Other`] for a name that no request can have.
    pub(super) fn path(&self, name: &str) -> Result<Path, Failure> {
        match self.scheme {
            // Its URL is that of the store.
            Scheme::Web => Ok(Path::default()),
            _ => Path::parse(name).map_err(|error| Failure::Other(error.to_string())),
        }
    }

    /// What the store says of an object.
    ///
    /// # Errors
    /// Why it says nothing.
    pub(super) async fn look(&self, path: &Path) -> Result<ObjectMeta, Failure> {
        let head = self.objects.get_opts(path, GetOptions { head: true, ..GetOptions::default() }).await;
        let meta = match head {
            // Some servers, and all signed URLs, only let a file be fetched: its body is left where it is.
            Err(error) if self.scheme == Scheme::Web && !lacks_answer(&error) => {
                self.objects.get_opts(path, GetOptions::default()).await
            }
            head => head,
        };
        meta.map(|found| found.meta).map_err(|error| Failure::of(&error))
    }

    /// A page of the objects whose names begin with `prefix`, and where the next one begins.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn page(
        &self,
        prefix: &str,
        page_token: Option<String>,
    ) -> Result<(Vec<ObjectMeta>, Option<String>), Failure> {
        let Some(listing) = &self.listing else { return Ok((Vec::new(), None)) };
        let options = PaginatedListOptions { page_token, ..PaginatedListOptions::default() };
        let page =
            listing.list_paginated(Some(prefix), options).await.map_err(|error| Failure::of(&error))?;
        Ok((page.result.objects, page.page_token))
    }
}

const TIMES: [(ClientConfigKey, &str); 2] =
    [(ClientConfigKey::Timeout, LONGEST), (ClientConfigKey::ReadTimeout, SILENCE)];
