//! From an older version of the checkpoint format to the newest.
//!
//! Every version that was ever released can be read, row by row, and only the newest is written. So the next run would
//! migrate the open state by itself; a copy of the folder is kept before anything is written. `migrate` does it at once.
#![expect(clippy::disallowed_methods, reason = "copies the state folder")]

use super::settle::settle_unchanged;
use crate::durable;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::RunKind;
use crate::migrations::checkpoint::CURRENT_VERSION;
use crate::report::MigrateReport;
use crate::run::Context;
use crate::settings::CommonSettings;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Writes the open state and the head again in the newest version; entries of the ledger stay as they are.
///
/// # Errors
/// [`ErrorKind::Checkpoint`] for damage, [`ErrorKind::Failed`] if nothing can be written.
pub fn migrate(context: &mut Context, common: &CommonSettings) -> Result<MigrateReport> {
    let from = context.checkpoint.stored_version()?.unwrap_or(CURRENT_VERSION);
    let report = MigrateReport { run: None, from, to: CURRENT_VERSION };
    let Some(before) = context.checkpoint.head().cloned().filter(|_| from < CURRENT_VERSION) else {
        return Ok(report);
    };
    let entry = settle_unchanged(context, &before, RunKind::Migrate, common.as_of)?;
    Ok(MigrateReport { run: Some(entry.head.run.number()), ..report })
}

/// Keeps a copy of a state folder of format `version` beside it, once; returns where it is.
///
/// # Errors
/// [`ErrorKind::Failed`] if it cannot be written.
pub fn keep_copy(state: &Path, version: u32) -> Result<PathBuf> {
    let beside = |finish: &str| {
        let mut name = state.file_name().unwrap_or_default().to_owned();
        name.push(format!(".format-{version}{finish}"));
        state.with_file_name(name)
    };
    let (kept, partial) = (beside(""), beside(".partial"));
    if kept.exists() {
        return Ok(kept);
    }
    let copied = durable::remove_folder(&partial)
        .and_then(|()| copy_folder(state, &partial))
        .and_then(|()| durable::rename(&partial, &kept))
        .and_then(|()| durable::sync_folder(super::backup::parent_of(&kept)));
    copied.map_err(|error| {
        Error::io(ErrorKind::Failed, "keep a copy of the state folder before it is migrated", &kept, &error)
    })?;
    Ok(kept)
}

/// Copies a folder with everything in it and brings it to the disk. Links are followed: the copy stands alone.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        let (source, target) = (from.join(&name), to.join(&name));
        if fs::metadata(&source)?.is_dir() {
            copy_folder(&source, &target)?;
        } else {
            fs::copy(&source, &target)?;
            durable::sync_file(&File::open(&target)?)?;
        }
    }
    durable::sync_folder(to)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests read and write files")]
#[path = "migrate_tests.rs"]
mod tests;
