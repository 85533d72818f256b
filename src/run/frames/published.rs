//! What a checkpoint on the disk has: its open sessions, and the sessions that its runs have published.

use super::state::open_sessions;
use crate::error::Result;
use crate::ledger::active_runs;
use crate::output::{OutputKind, StoredRows};
use crate::run::look::Look;
use arrow_array::RecordBatch;

impl Look {
    /// The open sessions, as they would be if no further event came.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if the state is damaged.
    pub fn open_sessions(&self) -> Result<RecordBatch> {
        open_sessions(&self.checkpoint)
    }

    /// The published sessions that are valid: of runs that no rollback has taken back, without those that a later run retracts. Reads
    /// all outputs that are there.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if one is damaged or missing.
    pub fn published_sessions(&self) -> Result<RecordBatch> {
        let mut rows = StoredRows::default();
        for run in active_runs(&self.checkpoint.runs()?) {
            let Some(manifest) = self.output.manifest_of(run)? else { continue };
            for file in self.output.open_rows(&manifest)? {
                if file.kind() == OutputKind::Sessions {
                    rows.push(file)?;
                }
            }
        }
        rows.finish()
    }
}
