//! What stands for completions and manual pages in a build without them.

use super::shells::Shell;
use crate::error::{Error, ErrorKind, Result};
use clap::Command;
use std::ffi::OsString;
use std::path::Path;

pub(super) fn print(_shell: Shell) -> Result<()> {
    Err(absent())
}

pub(super) fn write(_folder: &Path, _command: Command) -> Result<()> {
    Err(absent())
}

pub(super) fn answer(_command: impl Fn() -> Command, _words: &[OsString]) -> bool {
    false
}

fn absent() -> Error {
    Error::new(ErrorKind::Usage, "this build has no completions and no manual pages")
        .remedy("install one that has them by cargo install --path . --features shell")
}
