//! The inbox: a place where files arrive, of which a command takes what no run has ingested.
#![expect(clippy::disallowed_methods, reason = "the age of a file is by the clock of the machine")]

use super::patterns::inbox_files;
use crate::core::rules::duration;
use crate::error::Result;
use crate::input::is_url;
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

#[derive(Debug, Args)]
#[command(next_help_heading = "The batch")]
pub(super) struct InboxFlags {
    /// Ingest the files that no run has ingested yet: patterns such as 'incoming/**/*.csv', or URLs. It is no error if no file fits a pattern
    #[arg(long, value_name = "PATTERN", num_args = 1.., conflicts_with_all = ["batch", "files"])]
    new: Vec<PathBuf>,
    /// With --new, leave files that changed less than this ago for the next run. Objects of stores are complete at once
    #[arg(long, value_name = "DUR", default_value = "30s", value_parser = duration)]
    settle: Duration,
}

/// What was found in an inbox.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// The files and URLs to look at.
    pub(super) paths: Vec<PathBuf>,
    /// The files that changed a moment ago, and are left for the next run.
    pub(super) left: Vec<String>,
}

impl InboxFlags {
    /// Whether files are to be found this way.
    pub(super) fn is_given(&self) -> bool {
        !self.new.is_empty()
    }

    /// Looks for files, and at their ages.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::NoInput`] if a folder cannot be read.
    pub(super) fn look(&self) -> Result<Inbox> {
        let is_ready = |path: &PathBuf| is_url(path) || self.is_settled(path);
        let (paths, left): (Vec<PathBuf>, Vec<PathBuf>) =
            inbox_files(&self.new)?.into_iter().partition(is_ready);
        let left = left.iter().map(|path| path.display().to_string()).collect();
        Ok(Inbox { paths, left })
    }

    /// A file without an age is opened, and meets its error there. One from the future is as old as it is ahead: a wrong clock must
    /// not keep it out for ever.
    fn is_settled(&self, path: &Path) -> bool {
        let modified = std::fs::metadata(path).and_then(|found| found.modified());
        modified.map_or(true, |modified| {
            let now = SystemTime::now();
            let apart = now.duration_since(modified).or_else(|_| modified.duration_since(now));
            apart.is_ok_and(|apart| apart >= self.settle)
        })
    }
}
