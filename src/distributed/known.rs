//! The contents that earlier runs have taken in, and what a file is to them (rule 11).

use crate::error::Result;
use crate::input::{BatchFile, ContentScan, LengthAndHash, beginnings, beginnings_of_end};
use crate::ledger::{FileDigest, MAX_BEGINNING_BYTES, beginning_bytes};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

/// A content, as a commit or a ledger has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KnownContent {
    /// `xxh3-128:HEX:BYTES`.
    digest: String,
    beginning: String,
    /// The run that took it in.
    pub(super) run: u64,
    /// The rows that it had.
    rows: u64,
}

/// What a file is to the known contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    New,
    /// All of it was taken in by this run.
    Known(u64),
    /// It begins with rows that this run took in.
    Grown(u64),
}

/// The known contents, by the length and the hash of the beginning by which each is found.
#[derive(Debug, Default)]
pub(super) struct KnownContents {
    lengths: HashMap<(u64, u64), BTreeSet<u64>>,
    contents: HashMap<LengthAndHash, KnownContent>,
}

impl KnownContents {
    /// # Errors
    /// What is wrong with them.
    pub(super) fn read(json: &str) -> std::result::Result<Self, String> {
        let listed: Vec<KnownContent> = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let mut known = Self::default();
        for content in listed {
            let digest = FileDigest::read(&content.digest, &content.beginning)
                .ok_or_else(|| format!("{} is no digest", content.digest))?;
            let found_by = (beginning_bytes(digest.bytes), digest.beginning);
            known.lengths.entry(found_by).or_default().insert(digest.bytes);
            known.contents.insert((digest.bytes, digest.hash), content);
        }
        Ok(known)
    }

    /// Reads no more of `file` than the known contents are long with which it may begin.
    ///
    /// # Errors
    /// As [`BatchFile::digest`].
    pub(super) fn identity(&self, file: &BatchFile) -> Result<Identity> {
        Ok(self.scan(file)?.map_or(Identity::New, |scan| self.identity_of(&scan)))
    }

    /// The run of the longest known content that is shorter than `file` and with which it begins.
    ///
    /// # Errors
    /// As [`BatchFile::digest`].
    pub(super) fn beginning_of(&self, file: &BatchFile) -> Result<Option<u64>> {
        let Some(scan) = self.scan(file)? else { return Ok(None) };
        let bytes = scan.end.as_ref().map_or(u64::MAX, |end| end.whole.0);
        Ok(self.begins(&scan).filter(|(length, _)| *length < bytes).max().map(|(_, run)| run))
    }

    /// What `file` begins with; `None` if it can be none of the known contents.
    fn scan(&self, file: &BatchFile) -> Result<Option<ContentScan>> {
        let beginning = file.beginning(MAX_BEGINNING_BYTES)?;
        let is_whole = (beginning.len() as u64) < MAX_BEGINNING_BYTES;
        let mut found_by = beginnings(&beginning);
        if is_whole {
            found_by.extend(beginnings_of_end(&beginning));
        }
        let lengths: BTreeSet<u64> =
            found_by.iter().filter_map(|by| self.lengths.get(by)).flatten().copied().collect();
        let lengths: Vec<u64> = lengths.into_iter().collect();
        Ok(match &lengths[..] {
            [] => None,
            lengths if is_whole => Some(ContentScan::of(file, &beginning, lengths)),
            lengths => Some(ContentScan::of_file(file, lengths, false)?),
        })
    }

    /// The known contents with which a file begins: length and run. One without rows, such as a header, was nothing that could be taken in
    /// twice.
    fn begins(&self, scan: &ContentScan) -> impl Iterator<Item = (u64, u64)> {
        let known = |content: &LengthAndHash| self.contents.get(content).filter(|known| known.rows > 0);
        scan.beginnings.iter().filter_map(move |content| Some((content.0, known(content)?.run)))
    }

    fn identity_of(&self, scan: &ContentScan) -> Identity {
        let mut ends = scan.end.iter().flat_map(|end| std::iter::once(&end.whole).chain(&end.ended));
        if let Some(known) = ends.find_map(|content| self.contents.get(content)) {
            return Identity::Known(known.run);
        }
        let Some((bytes, run)) = self.begins(scan).max() else { return Identity::New };
        let is_all = scan.end.as_ref().is_some_and(|end| end.text_bytes <= bytes);
        if is_all { Identity::Known(run) } else { Identity::Grown(run) }
    }
}
