//! What is left of runs whose outputs and manifests were removed because nobody needs them any more.
//!
//! One file, `manifests/pruned.json`, stands for the manifests of all of them. It is written before anything is removed, and says
//! by that that whatever of these runs still lies in the folder is to be removed: so a prune may end anywhere.
#![expect(clippy::disallowed_methods, reason = "reads, writes and removes files of the output folder")]

use super::kind::OutputKind;
use super::paths::{MANIFESTS, Output, RETRACTED, cannot_write, run_of_manifest};
use super::published::{names_in, unreadable};
use crate::durable::folder_of;
use crate::error::Result;
use crate::ledger::{HeadMark, RunId, StreamId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

const NAME: &str = "pruned.json";
/// The file while it is being written.
const PARTIAL_NAME: &str = "pruned.json.partial";
const FORMAT_VERSION: u32 = 1;

/// What stands for the manifests of the first runs of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrunedRuns {
    format_version: u32,
    stream_id: String,
    /// The last of them.
    through_run: u64,
    /// The digest of the head that it left.
    head_digest: String,
    /// A digest over the heads of all of them.
    heads_digest: String,
    /// xxh3-64 of the file as it would be with an empty checksum, in hexadecimal. Only the file has it: here it is empty.
    checksum: String,
}

impl PrunedRuns {
    /// What stands for the first runs of `stream`, which have left these heads; `None` if there are none.
    pub fn of(stream: StreamId, heads: &[HeadMark]) -> Option<Self> {
        let last = heads.last()?;
        Some(Self {
            format_version: FORMAT_VERSION,
            stream_id: stream.to_string(),
            through_run: last.run.number(),
            head_digest: format!("{:032x}", last.digest),
            heads_digest: format!("{:032x}", digest_of(heads)),
            checksum: String::new(),
        })
    }

    /// The last of the runs.
    pub const fn through(&self) -> RunId {
        RunId::new(self.through_run)
    }

    /// The last of the runs, with the head that it left; `None` if the digest is not valid.
    pub fn mark(&self) -> Option<HeadMark> {
        Some(HeadMark { run: self.through(), digest: u128::from_str_radix(&self.head_digest, 16).ok()? })
    }

    /// Whether it speaks of the runs that have left these heads, all of them from the first one on.
    pub fn is_of(&self, heads: &[HeadMark]) -> bool {
        heads.last().map(|mark| mark.run) == Some(self.through())
            && self.heads_digest == format!("{:032x}", digest_of(heads))
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.bytes_with(format!("{:016x}", xxh3_64(&self.bytes_with(String::new()))))
    }

    fn bytes_with(&self, checksum: String) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(&Self { checksum, ..self.clone() }).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let mut pruned: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if pruned.format_version > FORMAT_VERSION {
            return Err(format!(
                "it has format version {}; this program reads up to version {FORMAT_VERSION}: use a newer program",
                pruned.format_version
            ));
        }
        let checksum = std::mem::take(&mut pruned.checksum);
        if pruned.bytes_with(checksum.clone()) != pruned.to_bytes() {
            return Err("its checksum does not match".to_owned());
        }
        Ok(pruned)
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
}

impl Prunable {
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
            Ok(bytes) => {
                PrunedRuns::from_bytes(&bytes).map(Some).map_err(|damage| unreadable(&path, &damage))
            }
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
        let mut outputs = Vec::new();
        for below in [self.folder().to_owned(), self.folder().join(RETRACTED)] {
            for kind in OutputKind::ALL {
                let found = Self::files_below(&below, kind)?.into_iter().filter(|(_, run)| *run <= through);
                outputs.extend(found.map(|(file, run)| below.join(file.path_of(run))));
            }
        }
        Ok(Prunable { outputs, manifests })
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
            disk.write(&mut file, &pruned.to_bytes())?;
            disk.sync_file(&file)?;
            disk.rename(&partial, &path)?;
            disk.sync_folder(&folder)
        };
        write().map_err(|error| cannot_write(&path, &error))
    }

    /// Removes what is left of pruned runs: outputs first. What somebody else has removed meanwhile is no error.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if a file cannot be removed.
    pub fn remove_pruned(&self, prunable: &Prunable) -> Result<()> {
        let disk = self.disk();
        for files in [&prunable.outputs, &prunable.manifests] {
            for path in files {
                match disk.remove_file(path) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    removed => removed.map_err(|error| cannot_remove(path, &error))?,
                }
            }
            let folders: BTreeSet<_> = files.iter().map(|path| folder_of(path)).collect();
            for folder in folders.into_iter().filter(|folder| folder.is_dir()) {
                disk.sync_folder(folder).map_err(|error| cannot_remove(folder, &error))?;
            }
        }
        Ok(())
    }
}

fn cannot_remove(path: &std::path::Path, error: &io::Error) -> crate::error::Error {
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
    fn golden_bytes_and_a_flipped_bit_is_noticed_or_makes_no_difference() {
        let head = |run, digest| HeadMark { run: RunId::new(run), digest };
        let heads = [head(1, 7), head(2, 255)];
        let first = xxh3_128(&[&[0; 16][..], &1_u64.to_le_bytes(), &7_u128.to_le_bytes()].concat());
        let chain =
            xxh3_128(&[&first.to_le_bytes()[..], &2_u64.to_le_bytes(), &255_u128.to_le_bytes()].concat());
        let pruned = PrunedRuns::of(StreamId::of_random([7; 16]), &heads).unwrap();
        let golden = GOLDEN.replace("CHAIN", &format!("{chain:032x}"));
        let checksum = format!("{:016x}", xxh3_64(golden.replace("CHECKSUM", "").as_bytes()));
        let bytes = pruned.to_bytes();
        assert_eq!(String::from_utf8(bytes.clone()).unwrap(), golden.replace("CHECKSUM", &checksum));
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            if let Ok(read) = PrunedRuns::from_bytes(&damaged) {
                assert_eq!(read, pruned, "bit {bit}");
            }
        }
        assert!(pruned.is_of(&heads) && !pruned.is_of(&heads[..1]) && !pruned.is_of(&[heads[1], heads[0]]));
        assert!(!pruned.is_of(&[head(1, 8), heads[1]]) && !pruned.is_of(&[heads[1]]));
        assert_eq!(PrunedRuns::of(StreamId::of_random([7; 16]), &[]), None);
    }
}
