//! The shells that are completed.

use clap::ValueEnum;

/// A shell.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Shell {
    Bash,
    Zsh,
    Fish,
}
