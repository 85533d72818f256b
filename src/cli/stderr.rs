//! What the program says on standard error: errors and warnings, one line each.

use super::page;
use crate::error::Error;
use std::io::Write;

/// The one line of an error, and below it the lines that belong to it.
pub(super) fn say_error(error: &Error) {
    say(&format!("sessionize: {}", page::one_line(&error.to_string().replace('\n', " "))));
    for line in error.details() {
        say(&page::one_line(line));
    }
}

/// One warning on standard error, which `--quiet` does not silence.
pub(super) fn warn(warning: &str) {
    say(&format!("sessionize: warning: {}", page::one_line(warning)));
}

/// One line on standard error. Whether anybody reads it is not ours to know.
pub(super) fn say(line: &str) {
    // Where it cannot be written, there is no place left to say so.
    let _ = std::io::stderr().lock().write_all(format!("{line}\n").as_bytes());
}
