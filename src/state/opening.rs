//! Opens a checkpoint: completely, or as far as it can be read.

use super::checkpoint::Checkpoint;
use super::codec;
use super::damage::{checkpoint_error, damaged};
use super::files::{check_files, known_files};
use super::list::StateList;
use super::store::StateStore;
use super::{frame, keys, stream};
use crate::error::Result;
use crate::ledger::{Head, HeadMark, RunId};
use crate::migrations::checkpoint::CURRENT_VERSION;
use std::path::{Path, PathBuf};

impl Checkpoint {
    /// The checkpoint in `store`, which errors call `folder`.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if what is there cannot be read or is of a newer version,
    /// [`crate::error::ErrorKind::Failed`] if the system gives no random bytes for the id of a new one.
    pub fn of_store(store: Box<dyn StateStore>, folder: PathBuf) -> Result<Self> {
        let stored = stored_head(&*store, &folder)?;
        if stored.is_none() && !is_unborn(&*store)? {
            return Err(damaged(&folder, "the head", "it is missing, but other entries are there"));
        }
        let stream = match (stream::stored(&*store, &folder)?, &stored) {
            (Some(stream), _) => stream,
            (None, None) => stream::new_stream()?,
            (None, Some(_)) => return Err(stream::missing(&folder)),
        };
        let known_files = stored.as_ref().map(|(head, _)| head.known_files).unwrap_or_default();
        check_files(&*store, known_files, &folder)?;
        let list = stored.as_ref().map(|(head, _)| StateList::of_head(&*store, head, &folder)).transpose()?;
        let (head, mark) = stored.unzip();
        Ok(Self { store, folder, head, mark, stream, list: list.unwrap_or_default() })
    }

    /// The same for a damaged checkpoint. If the head cannot be read, that of the last readable ledger entry replaces it.
    /// Returns what is wrong as text.
    ///
    /// # Errors
    /// If neither a head nor a ledger entry can be read.
    pub fn of_damaged_store(store: Box<dyn StateStore>, folder: PathBuf) -> Result<(Self, Vec<String>)> {
        let mut findings = Vec::new();
        let stored = stream::stored(&*store, &folder);
        let stream = match stored.and_then(|stored| stored.ok_or_else(|| stream::missing(&folder))) {
            Ok(stream) => stream,
            Err(error) => {
                findings.push(error.to_string());
                // It has no output that it could take over.
                stream::new_stream()?
            }
        };
        let list = StateList::default();
        let mut checkpoint = Self { store, folder, head: None, mark: None, stream, list };
        let (head, mark) = checkpoint.readable_head(&mut findings)?;
        findings.extend(checkpoint.runs_after(head.run)?);
        checkpoint.list = StateList::read(&*checkpoint.store, head.generation, |_, _| Ok(()))?;
        (checkpoint.head, checkpoint.mark) = (Some(head), Some(mark));
        Ok((checkpoint, findings))
    }

    fn readable_head(&self, findings: &mut Vec<String>) -> Result<(Head, HeadMark)> {
        let stored = self.store.get(keys::HEAD)?;
        stored.as_ref().map_or(Ok(()), |head| check_version(head, &self.folder))?;
        let decoded =
            stored.map_or_else(|| Err("it is missing".to_owned()), |bytes| codec::decode_head(&bytes));
        decoded.or_else(|damage| {
            let error = self.damaged("the head", &damage);
            findings.push(error.to_string());
            let last = self.readable_runs(&mut Vec::new())?.pop();
            last.map(|(entry, mark)| (entry.head, mark)).ok_or(error)
        })
    }

    /// A warning if there are traces of runs after `run`, the last run whose state can be read.
    fn runs_after(&self, run: RunId) -> Result<Option<String>> {
        let entries = self.stored_entries()?.into_iter().filter_map(|stored| stored.run()).max();
        let mut last = entries.unwrap_or(run).max(run);
        for known in known_files(&*self.store) {
            last = known?.map_or(last, |(_, run)| last.max(run));
        }
        let (run, last) = (run.number(), last.number());
        Ok((last > run).then(|| {
            format!(
                "the runs after run {run}, up to run {last}: the state is that after run {run}, so ingest their \
                 files again, and do not use their outputs together with this export"
            )
        }))
    }
}

fn stored_head(store: &dyn StateStore, folder: &Path) -> Result<Option<(Head, HeadMark)>> {
    let Some(bytes) = store.get(keys::HEAD)? else { return Ok(None) };
    check_version(&bytes, folder)?;
    codec::decode_head(&bytes).map(Some).map_err(|damage| damaged(folder, "the head", &damage))
}

/// Whether no run was committed: a first run may have recorded its stream and staged its state, and then failed or died.
fn is_unborn(store: &dyn StateStore) -> Result<bool> {
    let begun = [&keys::list(1), &keys::generation(1), keys::STREAM];
    for key in store.scan(keys::all()) {
        let (key, _) = key?;
        if !begun.iter().any(|prefix| key.starts_with(prefix)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Refuses a head that only a newer program can read: it is not damaged.
fn check_version(head: &[u8], folder: &Path) -> Result<()> {
    match frame::version_of(head) {
        Some(version) if version > CURRENT_VERSION => Err(checkpoint_error(
            folder,
            format!("the checkpoint has format version {version}; this program reads up to version {CURRENT_VERSION}"),
            "use a newer program",
        )
        .nothing_changed()),
        _ => Ok(()),
    }
}
