//! The index of known files: each content is ingested once.

use super::checkpoint::Checkpoint;
use super::damage::damaged;
use super::store::StateStore;
use super::{file_rows, keys};
use crate::error::Result;
use crate::ledger::{FileDigest, FileStamp, KnownFiles, RunEntry, RunId, active_runs};
use std::collections::BTreeMap;
use std::path::Path;

/// The known files of a store, each with the run that ingested it.
///
/// # Errors
/// The damage, if an entry is truncated.
pub(super) fn known_files(
    store: &dyn StateStore,
) -> impl Iterator<Item = Result<Result<(FileDigest, RunId), &'static str>>> + '_ {
    store.scan(keys::below(keys::FILES)).map(|entry| {
        let (key, run) = entry?;
        let known = keys::digest_of_file(&key).ok_or("its key is truncated");
        Ok(known.and_then(|digest| Ok((digest, run_in(&run).ok_or("it is not eight bytes")?))))
    })
}

fn run_in(bytes: &[u8]) -> Option<RunId> {
    bytes.try_into().ok().map(|number| RunId::new(u64::from_be_bytes(number)))
}

/// Compares the digests of all known files with those that the head `expected`: a lost digest would let its file be ingested
/// twice.
pub(super) fn check_files(store: &dyn StateStore, expected: KnownFiles, folder: &Path) -> Result<()> {
    let mut found = KnownFiles::default();
    for known in known_files(store) {
        let (digest, run) = known?.map_err(|damage| damaged(folder, "a file entry", damage))?;
        found = found.with(digest, run);
    }
    if found == expected {
        return Ok(());
    }
    let damage = format!("{} files found, {} expected, or they are others", found.count, expected.count);
    Err(damaged(folder, "the list of known files", &damage))
}

impl Checkpoint {
    /// The run that ingested a file with this content.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if the entry is damaged.
    pub fn run_of_file(&self, digest: &FileDigest) -> Result<Option<RunId>> {
        let Some(bytes) = self.store.get(&keys::file(digest))? else { return Ok(None) };
        run_in(&bytes).map(Some).ok_or_else(|| self.damaged("a file entry", "it is not eight bytes"))
    }

    /// The lengths of all known contents with this beginning: its length is `beginning_bytes`, and its xxh3-64 is given.
    /// Ascending. Costs one lookup for each of these lengths, however many other contents are known.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if the store cannot be read, or an entry is damaged.
    pub fn lengths_beginning(&self, beginning_bytes: u64, beginning: u64) -> Result<Vec<u64>> {
        let end = keys::below(&keys::files_beginning(beginning_bytes, beginning)).end;
        let mut lengths = Vec::new();
        let mut from = 0;
        loop {
            let start = keys::files_of_length(beginning_bytes, beginning, from);
            let Some(key) = self.store.first_key(start..end.clone())? else { return Ok(lengths) };
            let found = keys::digest_of_file(&key);
            let digest = found.ok_or_else(|| self.damaged("a file entry", "its key is truncated"))?;
            lengths.push(digest.bytes);
            from = digest.bytes.saturating_add(1);
        }
    }

    /// The content that was last found at the path with this xxh3-128, its stamp, and the run that ingested it. `None` if that
    /// run was rolled back.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if the entry of the content is damaged.
    pub fn found_at(&self, path_hash: u128) -> Result<Option<(FileDigest, Option<FileStamp>, RunId)>> {
        let Some(bytes) = self.store.get(&keys::path(path_hash))? else { return Ok(None) };
        // A damaged entry is ignored: then the file is read.
        let Ok((digest, stamp)) = file_rows::found_at(&bytes) else { return Ok(None) };
        Ok(self.run_of_file(&digest)?.map(|run| (digest, stamp, run)))
    }

    /// Compares the index of known files with the ledger: it must have every file of an active run, and no other.
    ///
    /// # Errors
    /// If the store cannot be read at all.
    pub fn audit_files(&self, entries: &[RunEntry]) -> Result<Vec<String>> {
        let active = active_runs(entries);
        let mut expected: BTreeMap<Vec<u8>, (RunId, &FileDigest)> = BTreeMap::new();
        for entry in entries.iter().filter(|entry| active.contains(&entry.head.run)) {
            let files =
                entry.files.iter().map(|file| (keys::file(&file.digest), (entry.head.run, &file.digest)));
            expected.extend(files);
        }
        let mut findings = Vec::new();
        for found in self.store.scan(keys::below(keys::FILES)) {
            let (key, run) = found?;
            match expected.remove(&key) {
                Some((expected, _)) if run_in(&run) == Some(expected) => {}
                Some((expected, digest)) => {
                    findings.push(format!("file {digest} is not recorded in run {}", expected.number()));
                }
                None => findings.push("a known file belongs to no active run".to_owned()),
            }
        }
        findings.extend(expected.values().map(|(run, digest)| {
            format!("file {digest} of run {} is not known: it would be ingested again", run.number())
        }));
        Ok(findings)
    }
}
