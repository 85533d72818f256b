//! The manifest of a run: what ties its published output to the checkpoint.

use super::columns::Column;
use super::kind::OutputKind;
use super::paths::OutputFile;
use super::sealed::{Sealed, digest_text, stream_text};
use crate::ledger::{HeadMark, RunId, StreamId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One published file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// The path relative to the output folder.
    pub path: String,
    /// The number of rows without the header.
    pub rows: u64,
    /// The length in bytes.
    pub bytes: u64,
    /// xxh3-128 of the bytes, in hexadecimal.
    pub digest: String,
}

/// The time of each phase of a run before its commit, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhasesUs {
    /// Taking the lock, opening and recovering the checkpoint, loading open state.
    pub open: u64,
    /// Waiting for bytes and parsing them.
    pub read: u64,
    /// Folding.
    pub reduce: u64,
    /// Writing and syncing outputs and state.
    pub stage: u64,
}

/// The manifest of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    #[serde(with = "stream_text")]
    stream_id: StreamId,
    run: u64,
    generation: u64,
    #[serde(with = "digest_text")]
    head_digest: u128,
    /// The newest published run when this run was staged, if that is not the run before: a state was imported. 0 if there was
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    follows: Option<u64>,
    /// The run whose state a rollback restored: the outputs of later runs are retracted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rolled_back_to: Option<u64>,
    /// The time that the run took until this manifest was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phases_us: Option<PhasesUs>,
    /// The files of the run.
    pub files: Vec<ManifestFile>,
    /// The columns of the outputs that have typed rows, by the names of their kinds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    columns: BTreeMap<String, Vec<Column>>,
}

impl Manifest {
    /// The manifest of the run with the head `mark` in the checkpoint of `stream`.
    pub fn new(stream: StreamId, mark: HeadMark, generation: u64, files: Vec<ManifestFile>) -> Self {
        Self {
            stream_id: stream,
            run: mark.run.number(),
            generation,
            head_digest: mark.digest,
            follows: None,
            rolled_back_to: None,
            phases_us: None,
            files,
            columns: BTreeMap::new(),
        }
    }

    /// The same, with the columns of outputs of this kind.
    pub fn describe(&mut self, kind: OutputKind, columns: Vec<Column>) {
        self.columns.insert(kind.name().to_owned(), columns);
    }

    /// The columns of outputs of this kind, where they have typed rows.
    pub(super) fn columns_of(&self, kind: OutputKind) -> Option<&[Column]> {
        self.columns.get(kind.name()).map(Vec::as_slice)
    }

    /// The rows of the run that somebody delivers: sessions and events.
    pub fn rows(&self) -> u64 {
        let counts =
            self.outputs().filter(|(file, _)| matches!(file.kind, OutputKind::Sessions | OutputKind::Events));
        counts.map(|(_, listed)| listed.rows).sum()
    }

    /// The run whose state a rollback has taken up again; `None` for any other run.
    pub fn rolled_back_to(&self) -> Option<RunId> {
        self.rolled_back_to.map(RunId::new)
    }

    /// The same for a run that is staged in an output folder whose newest run is `published`.
    #[must_use]
    pub fn following(mut self, published: Option<RunId>) -> Self {
        let published = published.map_or(0, RunId::number);
        self.follows = (published + 1 != self.run).then_some(published);
        self
    }

    /// The same for a rollback to `run`.
    #[must_use]
    pub fn rolling_back_to(mut self, run: Option<RunId>) -> Self {
        self.rolled_back_to = run.map(RunId::number);
        self
    }

    /// The same for a run that has taken this time so far.
    #[must_use]
    pub fn timed(mut self, phases: PhasesUs) -> Self {
        self.phases_us = Some(phases);
        self
    }

    /// The time that the run took until it was about to be committed; `None` if it is not known.
    pub const fn phases_us(&self) -> Option<PhasesUs> {
        self.phases_us
    }

    /// The newest published run before this one; `None` if there was none.
    pub fn follows(&self) -> Option<RunId> {
        let before = self.follows.unwrap_or(self.run.saturating_sub(1));
        (before > 0).then(|| RunId::new(before))
    }

    /// The runs whose outputs it retracts, including those retracted before.
    pub fn retracts(&self) -> impl Iterator<Item = RunId> + use<> {
        let last = self.run;
        self.rolled_back_to.into_iter().flat_map(move |to| to.saturating_add(1)..last).map(RunId::new)
    }

    /// The outputs of the run, in the order of publishing, each with its entry in the manifest.
    pub(super) fn outputs(&self) -> impl Iterator<Item = (OutputFile, &ManifestFile)> {
        let run = self.run();
        self.files.iter().filter_map(move |listed| Some((OutputFile::of_path(&listed.path, run)?, listed)))
    }

    /// Whether the run has published a file of this kind.
    pub fn has(&self, kind: OutputKind) -> bool {
        self.outputs().any(|(file, _)| file.kind == kind)
    }

    /// The rows of this kind in all files that the run has published; `None` if there is no such file.
    pub(super) fn rows_of(&self, kind: OutputKind) -> Option<u64> {
        let of_kind = self.outputs().filter(|(file, _)| file.kind == kind);
        of_kind.map(|(_, listed)| listed.rows).reduce(u64::saturating_add)
    }

    /// The paths of what the run has published of this kind, relative to the output folder: one for each format, or if it is
    /// partitioned the pattern that fits all of its files.
    pub fn patterns_of(&self, kind: OutputKind) -> Vec<String> {
        let files = self.outputs().map(|(file, _)| file).filter(|file| file.kind == kind);
        let mut patterns: Vec<String> = files.map(|file| file.pattern_of(self.run())).collect();
        patterns.dedup();
        patterns
    }

    /// Its run.
    pub const fn run(&self) -> RunId {
        RunId::new(self.run)
    }

    /// Whether it lists a file with this path, relative to the output folder.
    pub(super) fn lists(&self, path: &str) -> bool {
        self.files.iter().any(|file| file.path == path)
    }

    /// The stream of its checkpoint.
    pub const fn stream(&self) -> StreamId {
        self.stream_id
    }

    /// The run and the digest of its head.
    pub const fn mark(&self) -> HeadMark {
        HeadMark { run: self.run(), digest: self.head_digest }
    }

    /// The content of its file.
    pub fn to_bytes(&self) -> Vec<u8> {
        Sealed::of(self).to_bytes()
    }

    /// Parses a manifest.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        Sealed::read(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = r#"{
  "format_version": 1,
  "stream_id": "07070707-0707-4707-8707-070707070707",
  "run": 7,
  "generation": 5,
  "head_digest": "000000000000000000000000000000ff",
  "files": [
    {
      "path": "sessions/run-00000007.csv",
      "rows": 2,
      "bytes": 300,
      "digest": "00"
    }
  ],
  "checksum": "87e40fe0873fbc37"
}
"#;

    fn stream() -> StreamId {
        StreamId::of_random([7; 16])
    }

    #[test]
    fn golden_bytes() {
        let file = ManifestFile {
            path: "sessions/run-00000007.csv".into(),
            rows: 2,
            bytes: 300,
            digest: "00".into(),
        };
        let mark = HeadMark { run: RunId::new(7), digest: 255 };
        let manifest = Manifest::new(stream(), mark, 5, vec![file]);
        assert_eq!(String::from_utf8(manifest.to_bytes()).unwrap(), GOLDEN);
        assert_eq!(Manifest::from_bytes(GOLDEN.as_bytes()).unwrap().mark(), mark);
    }

    #[test]
    fn a_rollback_and_an_import_say_so() {
        let mark = HeadMark { run: RunId::new(7), digest: 255 };
        let plain = Manifest::new(stream(), mark, 5, Vec::new()).following(Some(RunId::new(6)));
        assert_eq!(plain, Manifest::new(stream(), mark, 5, Vec::new()));
        assert_eq!(plain.follows(), Some(RunId::new(6)));
        assert_eq!(plain.retracts().count(), 0);
        let imported = plain.clone().following(None);
        assert_eq!(Manifest::from_bytes(&imported.to_bytes()), Ok(imported.clone()));
        assert_eq!(imported.follows(), None);
        let rollback = plain.rolling_back_to(Some(RunId::new(4)));
        assert_eq!(Manifest::from_bytes(&rollback.to_bytes()), Ok(rollback.clone()));
        assert_eq!(rollback.retracts().collect::<Vec<_>>(), [RunId::new(5), RunId::new(6)]);
    }
}
