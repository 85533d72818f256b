//! What is left of runs whose outputs and manifests were removed because nobody needs them any more.
//!
//! One file, `manifests/pruned.json`, stands for the manifests of all of them. It is written before anything is removed, and says
//! by that that whatever of these runs still lies in the folder is to be removed: so a prune may end anywhere.
#![expect(clippy::disallowed_methods, reason = "reads, writes and removes files of the output folder")]

use super::kind::OutputKind;
use super::paths::{MANIFESTS, Output, RETRACTED, cannot_write, run_of_manifest};
use super::published::{names_in, unreadable};
use super::sealed::{Sealed, digest_text, stream_text};
use crate::durable::{Disk, folder_of};
use crate::error::Result;
use crate::ledger::{HeadMark, RunId, StreamId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_128;

const NAME: &str = "pruned.json";
/// The file while it is being written.
const PARTIAL_NAME: &str = "pruned.json.partial";

/// What stands for the manifests of the first runs of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrunedRuns {
    #[serde(with = "stream_text")]
    stream_id: StreamId,
    /// The last of them.
    through_run: u64,
    /// The digest of the head that it left.
    #[serde(with = "digest_text")]
    head_digest: u128,
    /// A digest over the heads of all of them.
    #[serde(with = "digest_text")]
    heads_digest: u128,
}

impl PrunedRuns {
    /// What stands for the first runs of `stream`, which have left these heads; `None` if there are none.
    pub fn of(stream: StreamId, heads: &[HeadMark]) -> Option<Self> {
        let last = heads.last()?;
        Some(Self {
            stream_id: stream,
            through_run: last.run.number(),
            head_digest: last.digest,
            heads_digest: digest_of(heads),
        })
    }

    /// The last of the runs.
    pub const fn through(&self) -> RunId {
        RunId::new(self.through_run)
    }

    /// The last of the runs, with the head that it left.
    pub const fn mark(&self) -> HeadMark {
        HeadMark { run: self.through(), digest: self.head_digest }
    }

    /// Whether it speaks of the runs that have left these heads, all of them from the first one on.
    pub fn is_of(&self, heads: &[HeadMark]) -> bool {
        heads.last().map(|mark| mark.run) == Some(self.through()) && self.heads_digest == digest_of(heads)
    }
}

/// Each head is chained to those before it: run and digest, little-endian, behind the digest so far.
fn digest_of(heads: &[HeadMark]) -> u128 {
    heads.iter().fold(0, |chain: u128, head| {
        let run = head.run.number().to_le_bytes();
        xxh3_128(&[&chain.to_le_bytes()[..], &run, &head.digest.to_le_bytes()].concat())
    })
}

/// What a prune removes.
#[derive(Debug, Clone, Default)]
pub struct Prunable {
    /// Sessions, events, late rows and rejects, published or retracted.
    pub outputs: Vec<PathBuf>,
    /// Manifests.
    pub manifests: Vec<PathBuf>,
    /// Folders of days that have nothing else in them.
    pub days: Vec<PathBuf>,
}

impl Prunable {
    /// Whether nothing is to be removed.
    pub const fn is_empty(&self) -> bool {
        self.outputs.is_empty() && self.manifests.is_empty() && self.days.is_empty()
    }

    /// The length of all files; those that are gone have none.
    pub fn bytes(&self) -> u64 {
        let files = self.outputs.iter().chain(&self.manifests);
        files.filter_map(|path| fs::symlink_metadata(path).ok()).map(|found| found.len()).sum()
    }
}

impl Output {
    /// The runs that were pruned; `None` if none were.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if it cannot be read.
    pub fn pruned(&self) -> Result<Option<PrunedRuns>> {
        let path = self.folder().join(MANIFESTS).join(NAME);
        match fs::read(&path) {
            Ok(bytes) => Sealed::read(&bytes).map(Some).map_err(|damage| unreadable(&path, &damage)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(&path, &error.to_string())),
        }
    }

    /// What lies in the folder of the runs up to `through`.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if a folder cannot be read.
    pub fn prunable(&self, through: RunId) -> Result<Prunable> {
        let folder = self.folder().join(MANIFESTS);
        let names = names_in(&folder).map_err(|error| unreadable(&folder, &error.to_string()))?;
        let is_of = |name: &&String| run_of_manifest(name).is_some_and(|run| run <= through);
        let manifests = names.iter().filter(is_of).map(|name| folder.join(name)).collect();
        let (mut outputs, mut days) = (BTreeSet::new(), Vec::new());
        for below in [self.folder().to_owned(), self.folder().join(RETRACTED)] {
            for kind in OutputKind::ALL {
                let found = Self::files_below(&below, kind)?.into_iter().filter(|(_, run)| *run <= through);
                outputs.extend(found.map(|(file, run)| below.join(file.path_of(run))));
                days.extend(Self::days_below(&below, kind)?);
            }
        }
        let mut emptied = Vec::new();
        for day in days {
            let names = names_in(&day).map_err(|error| unreadable(&day, &error.to_string()))?;
            if names.iter().all(|name| outputs.contains(&day.join(name))) {
                emptied.push(day);
            }
        }
        Ok(Prunable { outputs: outputs.into_iter().collect(), manifests, days: emptied })
    }

    /// Writes what stands for runs that are about to be removed, in place of what has stood there.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if it cannot be written.
    pub fn write_pruned(&self, pruned: &PrunedRuns) -> Result<()> {
        let folder = self.folder().join(MANIFESTS);
        let (partial, path) = (folder.join(PARTIAL_NAME), folder.join(NAME));
        let write = || {
            let disk = self.disk();
            disk.step("create file")?;
            let mut file = File::create(&partial)?;
            disk.write(&mut file, &Sealed::of(pruned).to_bytes())?;
            disk.sync_file(&file)?;
            disk.rename(&partial, &path)?;
            disk.sync_folder(&folder)
        };
        write().map_err(|error| cannot_write(&path, &error))
    }

    /// Removes what is left of pruned runs: outputs first, then the folders of their days. What somebody else has removed, or put
    /// into such a folder meanwhile, is no error.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if a file cannot be removed.
    pub fn remove_pruned(&self, prunable: &Prunable) -> Result<()> {
        self.remove_each(&prunable.outputs, Disk::remove_file)?;
        self.remove_each(&prunable.days, Disk::remove_empty_folder)?;
        self.remove_each(&prunable.manifests, Disk::remove_file)
    }

    fn remove_each(&self, paths: &[PathBuf], remove: fn(&Disk, &Path) -> io::Result<()>) -> Result<()> {
        for path in paths {
            match remove(self.disk(), path) {
                Err(error) if is_done_by_others(&error) => {}
                removed => removed.map_err(|error| cannot_remove(path, &error))?,
            }
        }
        let folders: BTreeSet<_> = paths.iter().map(|path| folder_of(path)).collect();
        for folder in folders.into_iter().filter(|folder| folder.is_dir()) {
            self.disk().sync_folder(folder).map_err(|error| cannot_remove(folder, &error))?;
        }
        Ok(())
    }
}

fn is_done_by_others(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty)
}

fn cannot_remove(path: &Path, error: &io::Error) -> crate::error::Error {
    super::paths::failed("remove what is pruned", path, error)
        .remedy("rerun the command: it goes on where it has ended")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = r#"{
  "format_version": 1,
  "stream_id": "07070707-0707-4707-8707-070707070707",
  "through_run": 2,
  "head_digest": "000000000000000000000000000000ff",
  "heads_digest": "CHAIN",
  "checksum": "CHECKSUM"
}
"#;

    #[test]
    fn golden_bytes() {
        let head = |run, digest| HeadMark { run: RunId::new(run), digest };
        let heads = [head(1, 7), head(2, 255)];
        let first = xxh3_128(&[&[0; 16][..], &1_u64.to_le_bytes(), &7_u128.to_le_bytes()].concat());
        let chain =
            xxh3_128(&[&first.to_le_bytes()[..], &2_u64.to_le_bytes(), &255_u128.to_le_bytes()].concat());
        let pruned = PrunedRuns::of(StreamId::of_random([7; 16]), &heads).unwrap();
        let golden = GOLDEN.replace("CHAIN", &format!("{chain:032x}"));
        let bytes = String::from_utf8(Sealed::of(&pruned).to_bytes()).unwrap();
        let checksum = bytes.rsplit('"').nth(1).unwrap();
        assert_eq!(bytes, golden.replace("CHECKSUM", checksum));
        assert_eq!(Sealed::read(bytes.as_bytes()), Ok(pruned.clone()));
        assert!(pruned.is_of(&heads) && !pruned.is_of(&heads[..1]) && !pruned.is_of(&[heads[1], heads[0]]));
        assert!(!pruned.is_of(&[head(1, 8), heads[1]]) && !pruned.is_of(&[heads[1]]));
        assert_eq!(PrunedRuns::of(StreamId::of_random([7; 16]), &[]), None);
    }
}
