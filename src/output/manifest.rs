//! The manifest of a run: what ties its published output to the checkpoint.

use super::columns::Column;
use super::kind::OutputKind;
use super::paths::OutputFile;
use crate::ledger::{HeadMark, RunId, StreamId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// The version of the manifest format.
const FORMAT_VERSION: u32 = 1;

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

/// The manifest of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    format_version: u32,
    stream_id: String,
    run: u64,
    generation: u64,
    head_digest: String,
    /// The newest published run when this run was staged, if that is not the run before: a state was imported. 0 if there was
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    follows: Option<u64>,
    /// The run whose state a rollback restored: the outputs of later runs are retracted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rolled_back_to: Option<u64>,
    /// The files of the run.
    pub files: Vec<ManifestFile>,
    /// The columns of the outputs that have typed rows, by the names of their kinds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    columns: BTreeMap<String, Vec<Column>>,
    /// xxh3-64 of the file with an empty checksum, in hexadecimal. Only the file has it: here it is empty.
    checksum: String,
}

impl Manifest {
    /// The manifest of the run with the head `mark` in the checkpoint of `stream`.
    pub fn new(stream: StreamId, mark: HeadMark, generation: u64, files: Vec<ManifestFile>) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            stream_id: stream.to_string(),
            run: mark.run.number(),
            generation,
            head_digest: format!("{:032x}", mark.digest),
            follows: None,
            rolled_back_to: None,
            files,
            columns: BTreeMap::new(),
            checksum: String::new(),
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

    /// The stream of its checkpoint; `None` if the id is not a UUID.
    pub fn stream(&self) -> Option<StreamId> {
        StreamId::read(&self.stream_id)
    }

    /// The run and the digest of its head; `None` if the digest is not valid.
    pub fn mark(&self) -> Option<HeadMark> {
        let digest = u128::from_str_radix(&self.head_digest, 16).ok()?;
        Some(HeadMark { run: RunId::new(self.run), digest })
    }

    /// The content of its file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes_with(format!("{:016x}", xxh3_64(&self.bytes_with(String::new()))))
    }

    fn bytes_with(&self, checksum: String) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(&Self { checksum, ..self.clone() }).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Parses a manifest.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let mut manifest: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if manifest.format_version > FORMAT_VERSION {
            return Err(format!(
                "it has format version {}; this program reads up to version {FORMAT_VERSION}: use a newer program",
                manifest.format_version
            ));
        }
        let checksum = std::mem::take(&mut manifest.checksum);
        if manifest.bytes_with(checksum.clone()) != manifest.to_bytes() {
            return Err("its checksum does not match".to_owned());
        }
        if manifest.mark().is_none() {
            return Err("its head digest is not hexadecimal".to_owned());
        }
        if manifest.stream().is_none() {
            return Err("its stream id is not a UUID".to_owned());
        }
        Ok(manifest)
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
        assert_eq!(Manifest::from_bytes(GOLDEN.as_bytes()).unwrap().mark(), Some(mark));
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

    #[test]
    fn a_flipped_bit_is_noticed_or_makes_no_difference() {
        let golden = Manifest::from_bytes(GOLDEN.as_bytes()).unwrap();
        for bit in 0..GOLDEN.len() * 8 {
            let mut damaged = GOLDEN.as_bytes().to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            if let Ok(read) = Manifest::from_bytes(&damaged) {
                assert_eq!(read, golden, "bit {bit}");
            }
        }
    }

    #[test]
    fn a_newer_or_broken_manifest_is_refused() {
        let newer = GOLDEN.replace("\"format_version\": 1", "\"format_version\": 2");
        assert!(Manifest::from_bytes(newer.as_bytes()).unwrap_err().contains("format version 2"));
        assert!(Manifest::from_bytes(GOLDEN.replace("ff", "zz").as_bytes()).is_err());
        assert!(Manifest::from_bytes(GOLDEN.replace("-4707-", "-zz07-").as_bytes()).is_err());
        assert!(Manifest::from_bytes(&GOLDEN.as_bytes()[..50]).is_err());
    }
}
