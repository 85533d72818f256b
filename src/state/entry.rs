//! Ledger entries, cut by bytes as state is: a run of thousands of files has a long one, and sled moves pages that are too
//! long into files that it never removes.

use super::{Checkpoint, codec, keys};
use crate::error::Result;
use crate::ledger::{RunEntry, RunId};

/// The longest part of an entry.
const PART_BYTES: usize = 16 << 10;

/// The keys and values under which `entry` is stored. Its frame is made before the cut: a lost part breaks the checksum.
pub(super) fn parts_of(entry: &RunEntry) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    let frame = codec::encode_run(entry);
    let parts: Vec<_> = frame.chunks(PART_BYTES).map(<[u8]>::to_vec).collect();
    let run = entry.head.run;
    (0..).zip(parts).map(move |(number, part)| (keys::run_part(run, number), part))
}

impl Checkpoint {
    /// The entry of one run; `None` if there is none.
    pub(super) fn run_entry(&self, run: RunId) -> Result<Option<RunEntry>> {
        let key = keys::run(run);
        let mut frame = Vec::new();
        self.store.scan(&key, |_, part| {
            frame.extend_from_slice(part);
            Ok(())
        })?;
        if frame.is_empty() {
            return Ok(None);
        }
        let read = codec::decode_run(&frame);
        let (entry, _) = read.map_err(|damage| self.store.damaged(&keys::run_name(&key), &damage))?;
        Ok(Some(entry))
    }

    /// Visits the entries of the ledger, first run first: their key without the part, and their frame.
    pub(super) fn scan_runs(&self, mut visit: impl FnMut(&[u8], &[u8]) -> Result<()>) -> Result<()> {
        let mut run: Vec<u8> = Vec::new();
        let mut frame = Vec::new();
        self.store.scan(keys::RUNS, |key, part| {
            let run_of_part = keys::run_of_part(key);
            if run_of_part != run {
                if !run.is_empty() {
                    visit(&run, &frame)?;
                }
                run = run_of_part.to_vec();
                frame.clear();
            }
            frame.extend_from_slice(part);
            Ok(())
        })?;
        if run.is_empty() { Ok(()) } else { visit(&run, &frame) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::Timestamp;
    use crate::core::watermark::Watermark;
    use crate::definition::DefinitionRequest;
    use crate::ledger::{Counts, FileDigest, FileEntry, Head, KnownFiles, RunId, RunKind};
    use crate::purged::PurgedKeys;

    /// A run of `files` files with names of 200 bytes.
    fn run(number: u64, files: u64) -> RunEntry {
        let file = |n: u64| FileEntry {
            path: format!("{n:0200}"),
            digest: FileDigest { hash: (number << 32 | n).into(), bytes: 7 },
            rows: 1,
            source: None,
        };
        let head = Head {
            run: RunId::new(number),
            generation: number,
            chunks: 0,
            state_digest: super::super::state::digest_of(std::iter::empty()),
            keys_open: 0,
            sessions_open: 0,
            events_open: 0,
            oldest_open_start: None,
            watermark: Watermark::BEGINNING,
            watermark_origin: None,
            latest: None,
            accepts_from: Watermark::BEGINNING,
            purged: PurgedKeys::default(),
            known_files: KnownFiles::default(),
            definition: DefinitionRequest::default().create(),
        };
        let files = (0..files).map(file).collect();
        RunEntry { kind: RunKind::Batch, as_of: Timestamp::MIN, files, counts: Counts::default(), head }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "looks into the folder of the store")]
    fn entries_of_many_files_come_back_and_make_no_file_that_stays() {
        let folder = tempfile::tempdir().unwrap();
        let entries: Vec<_> = (1..=40).map(|number| run(number, number % 3 * 1000)).collect();
        let mut checkpoint = Checkpoint::open(folder.path()).unwrap();
        for entry in &entries {
            checkpoint.commit(entry).unwrap();
        }
        assert_eq!(checkpoint.runs().unwrap(), entries);
        let blobs = std::fs::read_dir(folder.path().join("blobs")).unwrap().count();
        assert_eq!(blobs, 0, "files of sled");
    }
}
