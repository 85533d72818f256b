//! A progress bar on standard error, if it is a terminal and the work is long.

use crate::run::Progress;
use indicatif::{HumanBytes, ProgressBar, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::io::IsTerminal;
use std::time::Duration;

/// The time before the bar appears: shorter work is done before anybody reads a bar.
const LONG_WORK_BYTES: u64 = 256 << 20;

/// A bar that draws itself, or none.
pub(super) fn bar(progress: &Progress, total_bytes: u64, quiet: bool) -> ProgressBar {
    if quiet || total_bytes < LONG_WORK_BYTES || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let progress = progress.clone();
    let style = ProgressStyle::with_template("{spinner} {parsed} of batch files read, {elapsed}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner()).with_key(
        "parsed",
        move |_: &ProgressState, out: &mut dyn Write| {
            let done = progress.bytes_parsed();
            // A bar that cannot be drawn does not stop the run.
            let _ = write!(out, "{} of {}", HumanBytes(done), HumanBytes(total_bytes));
        },
    );
    let bar = ProgressBar::new_spinner().with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
