//! Messages on standard error: errors and warnings, one line each.

use super::page;
use crate::error::Error;
use std::io::Write;

/// The line of an error, and the lines of its details below it.
pub(super) fn say_error(error: &Error) {
    say(&format!("sessionize: {}", page::one_line(&error.to_string().replace('\n', " "))));
    for line in error.details() {
        say(&page::one_line(line));
    }
}

/// A warning on standard error. `--quiet` does not silence it.
pub(super) fn warn(warning: &str) {
    say(&format!("sessionize: warning: {}", page::one_line(warning)));
}

/// A line on standard error, whether anybody reads it or not.
pub(super) fn say(line: &str) {
    // If it cannot be written, there is no place left to report that.
    let _ = std::io::stderr().lock().write_all(format!("{line}\n").as_bytes());
}
