//! Messages on standard error: errors and warnings, one line each.

use super::page;
use crate::error::Error;
use log::{Level, LevelFilter, Log, Metadata, Record};
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

/// The log on standard error: what `RUST_LOG` asks for, or otherwise `default`. A warning of the program is one for users wherever it is
/// found: it is written as [`warn`] writes it, whatever the log is asked for.
pub(super) fn log_to_stderr(default: &str) {
    let environment = env_logger::Env::default().default_filter_or(default);
    let asked = env_logger::Builder::from_env(environment).build();
    let level = asked.filter().max(LevelFilter::Warn);
    // This fails only if there is a second logger, and there is none.
    if log::set_boxed_logger(Box::new(StderrLog(asked))).is_ok() {
        log::set_max_level(level);
    }
}

struct StderrLog(env_logger::Logger);

impl StderrLog {
    fn is_warning(metadata: &Metadata<'_>) -> bool {
        metadata.level() == Level::Warn && metadata.target().starts_with(env!("CARGO_CRATE_NAME"))
    }
}

impl Log for StderrLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        Self::is_warning(metadata) || self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        let text = record.args().to_string();
        if Self::is_warning(record.metadata()) {
            warn(&text);
        } else if self.0.matches(record) {
            say(&["[", record.level().as_str(), " ", record.target(), "] ", &page::one_line(&text)].concat());
        }
    }

    fn flush(&self) {}
}
