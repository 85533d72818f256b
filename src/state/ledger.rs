//! Reads the ledger.

use super::checkpoint::Checkpoint;
use super::{codec, keys};
use crate::error::Result;
use crate::ledger::{HeadMark, RunEntry, RunId};

/// The frame of an entry, complete or not, under the key of its run.
pub(super) struct StoredEntry {
    key: Vec<u8>,
    frame: Vec<u8>,
}

impl StoredEntry {
    /// Its run, if the key has one.
    pub(super) fn run(&self) -> Option<RunId> {
        keys::run_of_key(&self.key)
    }

    /// Its name in errors.
    pub(super) fn name(&self) -> String {
        keys::run_name(&self.key)
    }

    /// The entry, and the digest of the head after it.
    pub(super) fn decode(&self) -> Result<(RunEntry, HeadMark), String> {
        codec::decode_run(&self.frame)
    }
}

impl Checkpoint {
    /// The entry of one run; `None` if there is none.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if it is damaged.
    pub fn run_entry(&self, run: RunId) -> Result<Option<RunEntry>> {
        let stored = self.joined(&keys::run(run))?.pop();
        stored.map(|stored| self.decoded(&stored)).transpose()
    }

    /// The entries of the ledger in the order of the runs, each joined from its parts.
    pub(super) fn stored_entries(&self) -> Result<Vec<StoredEntry>> {
        self.joined(keys::RUNS)
    }

    fn joined(&self, prefix: &[u8]) -> Result<Vec<StoredEntry>> {
        let mut entries: Vec<StoredEntry> = Vec::new();
        for part in self.store.scan(keys::below(prefix)) {
            let (key, part) = part?;
            let key = keys::run_of_part(&key);
            match entries.last_mut().filter(|last| last.key == key) {
                Some(last) => last.frame.extend(part),
                None => entries.push(StoredEntry { key: key.to_vec(), frame: part }),
            }
        }
        Ok(entries)
    }

    fn decoded(&self, stored: &StoredEntry) -> Result<RunEntry> {
        let decoded = stored.decode().map_err(|damage| self.damaged(&stored.name(), &damage));
        decoded.map(|(entry, _)| entry)
    }

    /// The ledger in the order of the runs.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if an entry is damaged.
    pub fn runs(&self) -> Result<Vec<RunEntry>> {
        let stored = self.stored_entries()?;
        let runs: Vec<_> = stored.iter().map(|stored| self.decoded(stored)).collect::<Result<_>>()?;
        let expected = self.head.as_ref().map_or(0, |head| head.run.number());
        if runs.len() as u64 == expected {
            return Ok(runs);
        }
        Err(self.damaged("the ledger", &format!("{} runs found, {expected} expected", runs.len())))
    }

    /// The entries of the ledger that can be read, each with the digest of its head. What is wrong with the others goes to
    /// `findings`.
    ///
    /// # Errors
    /// If the store cannot be read at all.
    pub fn readable_runs(&self, findings: &mut Vec<String>) -> Result<Vec<(RunEntry, HeadMark)>> {
        let mut runs = Vec::new();
        for stored in self.stored_entries()? {
            match stored.decode() {
                Ok(entry) => runs.push(entry),
                Err(damage) => findings.push(self.damaged(&stored.name(), &damage).to_string()),
            }
        }
        Ok(runs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::Timestamp;
    use crate::definition::DefinitionRequest;
    use crate::durable::Disk;
    use crate::ledger::{Counts, FileDigest, FileEntry, Head, RunId, RunKind};
    use crate::state::rows::digest_of;

    /// A run of `files` files with names of 200 bytes.
    fn run(number: u64, files: u64) -> RunEntry {
        let file = |n: u64| FileEntry {
            path: format!("{n:0200}"),
            digest: FileDigest { hash: (number << 32 | n).into(), bytes: 7, beginning: n },
            known_bytes: 0,
            rows: 1,
            source: None,
            place: None,
        };
        let head = Head {
            run: RunId::new(number),
            generation: number,
            state_digest: digest_of(std::iter::empty()),
            definition: DefinitionRequest::default().create(),
            ..Head::before_all()
        };
        let files = (0..files).map(file).collect();
        RunEntry { kind: RunKind::Batch, as_of: Timestamp::MIN, files, counts: Counts::default(), head }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "looks into the folder of the store")]
    fn entries_of_many_files_come_back_and_make_no_file_that_stays() {
        let folder = tempfile::tempdir().unwrap();
        let entries: Vec<_> = (1..=40).map(|number| run(number, number % 3 * 1000)).collect();
        let mut checkpoint = Checkpoint::open(folder.path(), &Disk::default()).unwrap();
        for entry in &entries {
            checkpoint.commit(entry).unwrap();
        }
        assert_eq!(checkpoint.runs().unwrap(), entries);
        let blobs = std::fs::read_dir(folder.path().join("blobs")).unwrap().count();
        assert_eq!(blobs, 0, "files that stay");
    }
}
