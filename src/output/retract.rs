//! Outputs of runs that were rolled back: moved aside, never removed.

use super::publish::{Output, failed};
use super::stage::OutputKind;
use crate::durable;
use crate::error::Result;
use crate::ledger::RunId;
use std::path::PathBuf;

/// The folder below the output folder.
pub(super) const RETRACTED: &str = "retracted";

impl Output {
    /// Where a run's file of this kind lies once the run is rolled back.
    pub fn retracted_path_of(&self, kind: OutputKind, run: RunId) -> PathBuf {
        self.folder().join(RETRACTED).join(kind.path_of(run))
    }

    /// Moves the outputs of `run` below `retracted/`. It may be called again after any failure: what is moved already, or was
    /// never there, stays as it is.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if a file cannot be moved.
    pub(super) fn retract(&self, run: RunId) -> Result<()> {
        for kind in OutputKind::ALL {
            if kind == OutputKind::Open && !self.has_replaced_view(run) {
                continue;
            }
            let (from, to) = (self.path_of(kind, run), self.retracted_path_of(kind, run));
            if !from.exists() {
                continue;
            }
            let folders = [from.parent(), to.parent()].map(|folder| folder.unwrap_or_else(|| self.folder()));
            let moved = durable::create_folder(folders[1])
                .and_then(|()| durable::rename(&from, &to))
                .and_then(|()| folders.iter().try_for_each(|folder| durable::sync_folder(folder)))
                .and_then(|()| durable::sync_folder(&self.folder().join(RETRACTED)))
                .and_then(|()| durable::sync_folder(self.folder()));
            moved.map_err(|error| {
                failed("retract", &from, &error)
                    .remedy("the rollback is committed, and the next run goes on with it")
            })?;
        }
        Ok(())
    }

    /// Whether the view of what is open can be that of `run` or of a later one. A run that has written none has left that of
    /// an earlier one where it was. What cannot be told is moved: nobody should take an unknown view for the present one.
    fn has_replaced_view(&self, run: RunId) -> bool {
        let manifest = self.manifest_of(run).ok().flatten();
        manifest.is_none_or(|manifest| manifest.file_of(OutputKind::Open).is_some())
    }
}
