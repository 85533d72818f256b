//! The thread on which requests are made.

use super::failure::{Failure, TIME_LIMIT};
use crate::error::{Error, ErrorKind, Result};
use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// How long a request and all its repetitions may take, unless the environment says something else.
const DEFAULT_LIMIT: Duration = Duration::from_secs(180);

/// Whoever gives or takes fewer bytes than this in a second is not waited for.
pub(super) const SLOWEST_BYTES_PER_S: u64 = 16 << 10;

/// A handle on the thread of requests, which ends with it.
#[derive(Debug)]
pub(super) struct Client {
    handle: Handle,
    /// How long a request and all its repetitions may take.
    pub(super) limit: Duration,
    _end: oneshot::Sender<()>,
}

impl Client {
    /// Starts the thread.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if the system gives none, [`ErrorKind::Usage`] for a limit that is no duration.
    pub(super) fn start() -> Result<Arc<Self>> {
        let limit = limit()?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::threads(1, &error))?;
        // Another one may have been installed for the process: it serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel::<()>();
        let serve = move || {
            // Nobody sends anything: it is dropped.
            let _ = runtime.block_on(ended);
            // A look-up of a name that hangs does not keep the command.
            runtime.shutdown_background();
        };
        std::thread::Builder::new().spawn(serve).map_err(|error| Error::threads(1, &error))?;
        Ok(Arc::new(Self { handle, limit, _end: end }))
    }

    /// Lets `work` go on by itself.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(work);
    }

    /// Waits for `work`, as long as a request may take.
    ///
    /// # Errors
    /// That of `work`, or [`Failure::Silent`].
    pub(super) fn wait_for<T: Send + 'static>(
        &self,
        work: impl Future<Output = std::result::Result<T, Failure>> + Send + 'static,
    ) -> std::result::Result<T, Failure> {
        self.wait_within(self.limit, work)
    }

    /// The same for work that may take `limit`.
    ///
    /// # Errors
    /// As [`Client::wait_for`].
    pub(super) fn wait_within<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl Future<Output = std::result::Result<T, Failure>> + Send + 'static,
    ) -> std::result::Result<T, Failure> {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.handle.spawn(async move {
            let outcome = tokio::time::timeout(limit, work).await;
            // Nobody waits for it any more only if the process ends.
            let _ = sender.send(outcome.unwrap_or(Err(Failure::Silent(limit))));
        });
        receiver.recv().unwrap_or_else(|_| Err(Failure::Other("the request was given up".to_owned())))
    }
}

fn limit() -> Result<Duration> {
    let Some(text) = std::env::var_os(TIME_LIMIT) else { return Ok(DEFAULT_LIMIT) };
    crate::core::rules::duration(&text.to_string_lossy()).map_err(|what| {
        Error::new(ErrorKind::Usage, format!("{TIME_LIMIT} is no duration: {what}")).remedy(format!(
            "set it to one such as 10m, or unset it: then it is {}",
            humantime::format_duration(DEFAULT_LIMIT)
        ))
    })
}
