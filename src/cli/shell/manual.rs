//! Manual pages, one for each command.

use crate::error::{Error, ErrorKind, Result};
use clap::Command;
use std::path::Path;

/// Writes the pages into `folder`, which must be there.
pub(super) fn write(folder: &Path, command: Command) -> Result<()> {
    clap_mangen::generate_to(command, folder)
        .map_err(|error| Error::io(ErrorKind::Failed, "write the manual pages", folder, &error))
}
