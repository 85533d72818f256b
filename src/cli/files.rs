//! Flags about the parts of a file that earlier runs ingested.

use crate::settings::FileSettings;
use clap::Args;

#[derive(Debug, Args)]
#[command(next_help_heading = "The batch")]
pub(super) struct FileFlags {
    /// The files are still being written: leave a last row without a line end for the next run
    #[arg(long)]
    growing: bool,
    /// Recognize known files by path, size, modification time and inode alone, without reading them
    #[arg(long)]
    trust_mtime: bool,
}

impl FileFlags {
    pub(super) const fn settings(&self) -> FileSettings {
        FileSettings { growing: self.growing, trust_mtime: self.trust_mtime, each: false }
    }
}
