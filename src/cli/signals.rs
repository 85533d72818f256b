//! Signals: those that ask the program to end, and those with which the system ends it without a message.
#![expect(
    clippy::disallowed_methods,
    reason = "a thread waits for signals, and measures how long the work goes on"
)]

use super::stderr::say_error;
use crate::error::{Error, ErrorKind, Result};
use crate::run::Cancellation;
use signal_hook::consts::{SIGABRT, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// How long work may continue after a signal. Most work ends by itself at the next round; waiting for a lock, a pipe or the
/// system does not.
const GRACE: Duration = Duration::from_secs(2);

const PAUSE: Duration = Duration::from_millis(50);

/// Lets SIGINT and SIGTERM end the command before its commit. During the commit they are ignored.
///
/// # Errors
/// [`ErrorKind::Failed`] if the system does not allow it.
pub(super) fn watch(cancellation: &Cancellation) -> Result<()> {
    let failed =
        |error: std::io::Error| Error::new(ErrorKind::Failed, format!("cannot watch for signals: {error}"));
    // A file over the size limit then causes an error where it is written.
    signal_hook::flag::register(SIGXFSZ, Arc::default()).map_err(failed)?;
    // A refused allocation ends in an abort, after a message of the standard library.
    let always = Arc::new(AtomicBool::new(true));
    let code = i32::from(ErrorKind::Failed.exit_code());
    signal_hook::flag::register_conditional_shutdown(SIGABRT, code, always).map_err(failed)?;
    // The request is there as soon as the signal is: the thread below may come to it when the work has ended.
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, cancellation.flag()).map_err(failed)?;
    }
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(failed)?;
    let cancellation = cancellation.clone();
    let wait = move || {
        if signals.forever().next().is_some() {
            end(&cancellation);
        }
    };
    std::thread::Builder::new().spawn(wait).map_err(|error| Error::threads(1, &error))?;
    Ok(())
}

/// Ends the process as soon as no commit is under way. The next command removes what is left, as after a crash.
fn end(cancellation: &Cancellation) {
    let asked = Instant::now();
    loop {
        cancellation.end_unless_committing(asked, GRACE, |error| {
            say_error(&error);
            std::process::exit(error.kind().exit_code().into());
        });
        std::thread::sleep(PAUSE);
    }
}
