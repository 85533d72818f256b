//! What shells and `man` know of the command: completions and manual pages, made from the flags themselves.

#[cfg(not(feature = "shell"))]
mod absent;
#[cfg(feature = "shell")]
mod columns;
#[cfg(feature = "shell")]
mod completions;
#[cfg(feature = "shell")]
mod manual;
mod shells;

#[cfg(not(feature = "shell"))]
use absent as completions;
#[cfg(not(feature = "shell"))]
use absent as manual;

use super::common::named;
use crate::error::Result;
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, Command};
use shells::Shell;
use std::ffi::OsString;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  source <(sessionize completions bash)       # in ~/.bashrc
  source <(sessionize completions zsh)        # in ~/.zshrc
  sessionize completions fish | source        # in ~/.config/fish/config.fish";

/// Print what makes a shell complete commands, flags, and the columns of the files of the configuration file
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompletionsFlags {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Write the manual pages, one for each command
#[derive(Debug, Args)]
pub(super) struct ManFlags {
    /// Folder of the pages, such as /usr/local/share/man/man1
    #[arg(value_name = "DIR", value_parser = PathBufValueParser::new().try_map(named))]
    folder: PathBuf,
}

impl CompletionsFlags {
    /// # Errors
    /// [`crate::error::ErrorKind::Usage`] in a build without them, [`crate::error::ErrorKind::Failed`] if they cannot be printed.
    pub(super) fn execute(&self) -> Result<()> {
        completions::print(self.shell)
    }
}

impl ManFlags {
    /// # Errors
    /// [`crate::error::ErrorKind::Usage`] in a build without them, [`crate::error::ErrorKind::Failed`] if they cannot be written.
    pub(super) fn execute(&self, command: Command) -> Result<()> {
        manual::write(&self.folder, command)
    }
}

/// Answers a shell that asks how a command line may go on. Whether it has asked.
pub(super) fn answers_shell(command: impl Fn() -> Command, words: &[OsString]) -> bool {
    completions::answer(command, words)
}
