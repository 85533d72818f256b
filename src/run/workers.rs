//! The threads that parse and fold.

use crate::error::{Error, Result};

/// The threads are started before anything is locked or opened, so that what is opened then finds the remaining threads.
#[derive(Debug)]
pub struct Workers {
    pub(super) pool: rayon::ThreadPool,
}

impl Workers {
    /// Starts this many threads.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if the system does not give as many.
    pub fn start(threads: usize) -> Result<Self> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.map(|pool| Self { pool }).map_err(|error| Error::threads(threads, &error))
    }
}
