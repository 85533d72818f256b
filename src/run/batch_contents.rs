//! The contents of the files of one batch, compared with each other: what several of them share is ingested once.

use crate::error::Result;
use crate::input::{BatchFile, ContentScan, LengthAndHash, beginnings};
use crate::ledger::{MAX_BEGINNING_BYTES, beginning_bytes};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Where a content of a batch is ingested, if not with its own file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Elsewhere {
    /// With a file that was checked before.
    Before,
    /// With the longer file of this number, which begins with it.
    Within(usize),
}

/// The lengths of all files of a batch that may share content, and the contents found so far.
#[derive(Debug, Default)]
pub(super) struct BatchContents {
    /// Lengths by the beginning that identifies a content.
    lengths: HashMap<(u64, u64), BTreeSet<u64>>,
    /// The beginnings of longer files, and the first file that has each.
    in_longer: HashMap<LengthAndHash, usize>,
    /// Contents that were checked.
    met: HashSet<LengthAndHash>,
}

impl BatchContents {
    /// Reads the beginning of each of the `files`, and the lengths of those whose first 64 KiB are equal, up to `max_bytes`.
    ///
    /// # Errors
    /// As [`BatchFile::digest`].
    pub(super) fn of(files: &[&BatchFile], max_bytes: u64) -> Result<Self> {
        let mut contents = Self::default();
        let mut long: HashMap<u64, Vec<&BatchFile>> = HashMap::new();
        // One file shares nothing with others.
        for &file in files.iter().filter(|_| files.len() > 1) {
            let beginning = file.beginning(MAX_BEGINNING_BYTES)?;
            let bytes = beginning.len() as u64;
            let Some((_, hash)) = beginnings(&beginning).pop() else { continue };
            if bytes < MAX_BEGINNING_BYTES {
                contents.add_length(hash, bytes);
            } else {
                long.entry(hash).or_default().push(file);
            }
        }
        for (hash, files) in long.into_iter().filter(|(_, files)| files.len() > 1) {
            for file in files {
                contents.add_length(hash, file.content_bytes(max_bytes)?);
            }
        }
        Ok(contents)
    }

    fn add_length(&mut self, beginning: u64, bytes: u64) {
        self.lengths.entry((beginning_bytes(bytes), beginning)).or_default().insert(bytes);
    }

    /// The lengths of the files with this beginning.
    pub(super) fn lengths_beginning(&self, bytes: u64, hash: u64) -> impl Iterator<Item = u64> {
        self.lengths.get(&(bytes, hash)).into_iter().flatten().copied()
    }

    /// Whether `file` may begin with a shorter one.
    ///
    /// # Errors
    /// As [`BatchFile::digest`].
    pub(super) fn has_shorter_than(&self, file: &BatchFile) -> Result<bool> {
        if self.lengths.is_empty() {
            return Ok(false);
        }
        let beginning = file.beginning(MAX_BEGINNING_BYTES)?;
        let bytes = beginning.len() as u64;
        let longest = if bytes < MAX_BEGINNING_BYTES { bytes } else { u64::MAX };
        let lengths = |&(bytes, hash): &(u64, u64)| self.lengths_beginning(bytes, hash);
        Ok(beginnings(&beginning).iter().flat_map(lengths).any(|length| length < longest))
    }

    /// Adds the contents found in the file of this `number`.
    pub(super) fn add(&mut self, number: usize, scan: &ContentScan) {
        let all = scan.end.as_ref().map(|end| end.whole);
        for content in scan.beginnings.iter().filter(|content| Some(**content) != all) {
            self.in_longer.entry(*content).or_insert(number);
        }
    }

    /// Where else `content` is ingested, if it is.
    pub(super) fn holds_elsewhere(&mut self, content: LengthAndHash) -> Option<Elsewhere> {
        if !self.met.insert(content) {
            return Some(Elsewhere::Before);
        }
        self.in_longer.get(&content).copied().map(Elsewhere::Within)
    }
}
