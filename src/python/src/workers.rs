//! The threads that decode and fold, the same for all calls of a process.

use crate::error::exception;
use pyo3::prelude::*;
use sessionize::internals::Workers;
use std::sync::{Arc, Mutex, PoisonError};

/// The threads of a process. One that was forked does not have those of its parent, only what they left.
struct Started {
    process: u32,
    threads: usize,
    workers: Arc<Workers>,
}

static STARTED: Mutex<Option<Started>> = Mutex::new(None);

/// This many threads; all processors without a number.
pub fn workers(threads: Option<usize>) -> PyResult<Arc<Workers>> {
    let all = || std::thread::available_parallelism().map_or(1, usize::from);
    let (process, threads) = (std::process::id(), threads.unwrap_or_else(all).max(1));
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(started) =
        started.as_ref().filter(|started| started.process == process && started.threads == threads)
    {
        return Ok(Arc::clone(&started.workers));
    }
    let workers = Arc::new(Workers::start(threads).map_err(|error| exception(&error))?);
    let before = started.replace(Started { process, threads, workers: Arc::clone(&workers) });
    // Nobody can wait for threads that are not there.
    if let Some(before) = before.filter(|before| before.process != process) {
        std::mem::forget(before);
    }
    Ok(workers)
}
