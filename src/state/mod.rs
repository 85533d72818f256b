//! The checkpoint: open state, watermark and ledger in one sled tree. The only room that knows sled.
//!
//! `docs/format.md` describes the bytes, `docs/durability.md` the order of the steps.

mod codec;
mod copy;
mod counted;
mod entry;
mod export;
mod import;
mod keys;
mod list;
mod lock;
#[cfg(any(test, debug_assertions))]
pub mod predecessor;
mod probe;
pub mod rows;
mod ruled;
#[allow(clippy::module_inception, reason = "open state is what the module is about")]
mod state;
mod store;
mod stored;
mod stream;
mod survey;
mod threads;
mod whole;

pub use codec::head_digest;
pub use copy::{Stamp, unwritable};
pub use lock::{FolderLock, Lock, LockHolder};
pub use probe::{StoredRow, recode};
pub use ruled::Pieces;
pub use state::{EncodedPartition, MAX_CHUNK_BYTES};
pub use stored::Stored;
pub use stream::new_stream;

use crate::core::partition::PartitionId;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{FileDigest, Head, HeadMark, KnownFiles, RunEntry, RunId, StreamId};
use crate::migrations::checkpoint::CURRENT_VERSION;
pub use export::{Exported, Loss};
pub use import::{Imported, read_export};
use list::{NamedChunk, StateList};
use std::path::Path;
use store::Store;
pub use survey::{StateAudit, Survey};

/// An open checkpoint. Whoever holds one holds its lock too (see [`Lock`]), unless it is a copy.
#[derive(Debug)]
pub struct Checkpoint {
    store: Store,
    head: Option<Head>,
    /// The digest of the head as it is stored.
    mark: Option<HeadMark>,
    stream: StreamId,
    /// The chunks of the state that it describes.
    list: StateList,
}

/// State that is written under a new generation and that no head points to yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StagedState {
    /// The new generation.
    pub generation: u64,
    /// How many chunks it has.
    pub chunks: u64,
    /// xxh3-128 over the digests of the chunks.
    pub digest: u128,
}

impl Checkpoint {
    /// Opens the checkpoint in `folder`, which is created if it is not there.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if what is there cannot be read or is of a newer version, [`ErrorKind::Failed`] if the
    /// disk does not let us.
    pub fn open(folder: &Path) -> Result<Self> {
        Self::whole(Store::open(folder)?, folder)
    }

    /// Opens `copy`, which holds the files of the checkpoint in `folder` (see [`Stamp::copy`]). Where they hold no blobs, the
    /// copy may be removed as soon as it is open.
    ///
    /// # Errors
    /// As [`Checkpoint::open`].
    pub fn open_copy(copy: &Path, folder: &Path) -> Result<Self> {
        Self::whole(Store::open_copy(copy, folder)?, folder)
    }

    fn whole(store: Store, folder: &Path) -> Result<Self> {
        let head = match store.get(keys::HEAD)? {
            Some(bytes) => {
                check_version(&bytes, folder)?;
                Some(codec::decode_head(&bytes).map_err(|damage| store.damaged("the head", &damage))?)
            }
            // A first run may have noted its stream, staged its state and then failed, or died, before its commit.
            None if store.holds_only(&[&keys::list(1), &keys::generation(1), keys::STREAM])? => None,
            None => return Err(store.damaged("the head", "it is missing, but other entries are there")),
        };
        let (head, mark) = head.unzip();
        let stream = stream::stored(&store)?;
        let stream = match (stream, &head) {
            (Some(stream), _) => stream,
            (None, None) => stream::new_stream()?,
            (None, Some(_)) => return Err(stream::missing(&store)),
        };
        let mut checkpoint = Self { store, head, mark, stream, list: StateList::default() };
        checkpoint.check_files()?;
        checkpoint.read_current_list()?;
        Ok(checkpoint)
    }

    /// Holds the digests of all known files against the head: a lost one would let its file in twice.
    fn check_files(&self) -> Result<()> {
        let mut found = KnownFiles::default();
        self.store.scan(keys::FILES, |key, run| {
            let digest = keys::digest_of_file(key);
            let digest = digest.ok_or_else(|| self.store.damaged("a file entry", "its key is cut"))?;
            found = found.with(digest, self.run_of_entry(run)?);
            Ok(())
        })?;
        let expected = self.head.as_ref().map(|head| head.known_files).unwrap_or_default();
        if found == expected {
            return Ok(());
        }
        let damage = format!("{} files found, {} expected, or they are others", found.count, expected.count);
        Err(self.store.damaged("the list of known files", &damage))
    }

    fn run_of_entry(&self, bytes: &[u8]) -> Result<RunId> {
        let number = bytes.try_into().map(u64::from_be_bytes);
        let number = number.map_err(|_| self.store.damaged("a file entry", "it is not eight bytes"))?;
        Ok(RunId::new(number))
    }

    fn read_current_list(&mut self) -> Result<()> {
        if let Some(head) = &self.head {
            self.list = self.read_list(head)?;
        }
        Ok(())
    }

    /// Where the last run left it; `None` before the first one.
    pub const fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// The digest that ties the newest manifest to the head; `None` before the first run.
    pub const fn mark(&self) -> Option<HeadMark> {
        self.mark
    }

    /// The stream that it is the checkpoint of.
    pub const fn stream(&self) -> StreamId {
        self.stream
    }

    /// The version of the format in which the head is stored; `None` before the first run.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the store cannot be read.
    pub fn stored_version(&self) -> Result<Option<u32>> {
        Ok(self.store.get(keys::HEAD)?.and_then(|bytes| codec::version_of(&bytes)))
    }

    /// The run that took in a file with this content.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the entry is damaged.
    pub fn run_of_file(&self, digest: &FileDigest) -> Result<Option<RunId>> {
        let Some(bytes) = self.store.get(&keys::file(digest))? else { return Ok(None) };
        self.run_of_entry(&bytes).map(Some)
    }

    /// Whether any committed file has this length: only then can one of this length be known.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the store cannot be read.
    pub fn knows_length(&self, bytes: u64) -> Result<bool> {
        self.store.any_with_prefix(&keys::files_of_length(bytes))
    }

    /// The ledger, first run first.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if an entry is damaged.
    pub fn runs(&self) -> Result<Vec<RunEntry>> {
        let mut runs = Vec::new();
        self.scan_runs(|key, bytes| {
            let read = codec::decode_run(bytes);
            let (entry, _) = read.map_err(|damage| self.store.damaged(&keys::run_name(key), &damage))?;
            runs.push(entry);
            Ok(())
        })?;
        let expected = self.head.as_ref().map_or(0, |head| head.run.number());
        if runs.len() as u64 != expected {
            let damage = format!("{} runs found, {expected} expected", runs.len());
            return Err(self.store.damaged("the ledger", &damage));
        }
        Ok(runs)
    }

    /// Restores the open state of one partition into `reducer`. Linear in the open state.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if a chunk is damaged or missing.
    pub fn load_partition(&self, partition: PartitionId, reducer: &mut impl Stored) -> Result<()> {
        let mut pieces = Pieces::default();
        for chunk in self.list.of_partition(partition) {
            let bytes = self.store.get(&chunk.key())?;
            let decoded = bytes.map_or_else(
                || Err("it is missing".to_owned()),
                |bytes| state::decode_chunk(&bytes, chunk.digest, reducer, &mut pieces),
            );
            decoded.map_err(|damage| self.store.damaged(&keys::chunk_name(&chunk.key()), &damage))?;
        }
        if pieces.is_whole() {
            return Ok(());
        }
        Err(self.store.damaged("the open state", "the last piece of a key is missing"))
    }

    /// Begins to write open state under a new generation. No head points to it: until [`Checkpoint::commit`] nothing has
    /// changed.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if the store cannot be written.
    pub fn stage_state(&self) -> Result<StateWriter<'_>> {
        let generation = self.head.as_ref().map_or(1, |head| head.generation + 1);
        // A run that died before its commit may have left chunks under this very number.
        self.store.remove_prefix(&keys::generation(generation))?;
        self.store.remove_prefix(&keys::list(generation))?;
        Ok(StateWriter { store: &self.store, generation, before: &self.list, list: StateList::default() })
    }

    /// The commit: head, ledger entry and file digests become visible in one atomic, synced write.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if it cannot be written. The process must then end: what is on the disk is not known until
    /// the next start looks.
    pub fn commit(&mut self, entry: &RunEntry) -> Result<()> {
        self.commit_and_forget(entry, &[])
    }

    /// The same for a rollback: the files that it takes back become unknown in the same write.
    ///
    /// # Errors
    /// As [`Checkpoint::commit`].
    pub fn commit_and_forget(&mut self, entry: &RunEntry, forgotten: &[FileDigest]) -> Result<()> {
        let removals: Vec<_> = forgotten.iter().map(keys::file).collect();
        let mut writes = vec![(keys::HEAD.to_vec(), codec::encode_head(&entry.head))];
        writes.extend(entry::parts_of(entry));
        for file in &entry.files {
            writes.push((keys::file(&file.digest), entry.head.run.number().to_be_bytes().to_vec()));
        }
        self.store.write_together(writes, removals)?;
        self.set_head(&entry.head)
    }

    fn set_head(&mut self, head: &Head) -> Result<()> {
        self.mark = Some(head_digest(head));
        self.head = Some(head.clone());
        self.read_current_list()
    }

    /// Bytes of the checkpoint on the disk, when it was opened.
    pub const fn bytes_on_disk(&self) -> u64 {
        self.store.bytes_on_disk()
    }
}

/// Writes the open state of a run, partition by partition in order.
#[derive(Debug)]
pub struct StateWriter<'c> {
    store: &'c Store,
    generation: u64,
    /// The generation before it: what has not changed since then is not written again.
    before: &'c StateList,
    list: StateList,
}

impl StateWriter<'_> {
    /// Writes the chunks of one partition that the generation before has not.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if they cannot be written.
    pub fn put(&mut self, partition: PartitionId, encoded: &EncodedPartition) -> Result<()> {
        let before = self.before.by_digest(partition);
        for (number, chunk) in (0..).zip(&encoded.chunks) {
            let digest = chunk.digest();
            let named = match before.get(&digest) {
                Some(same) => *same,
                None => NamedChunk { partition, generation: self.generation, number, digest },
            };
            if named.generation == self.generation {
                self.store.insert(&named.key(), chunk.bytes())?;
            }
            self.list.push(named);
        }
        Ok(())
    }

    /// Writes the list and brings everything to the disk.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if that fails.
    pub fn finish(self) -> Result<StagedState> {
        for (key, part) in self.list.parts(self.generation) {
            self.store.insert(&key, &part)?;
        }
        self.store.sync()?;
        Ok(StagedState { generation: self.generation, chunks: self.list.len(), digest: self.list.digest() })
    }
}

/// Refuses a head that only a newer program can read: it is not damaged.
fn check_version(head: &[u8], folder: &Path) -> Result<()> {
    match codec::version_of(head) {
        Some(version) if version > CURRENT_VERSION => Err(checkpoint_error(
            folder,
            format!("the checkpoint has format version {version}, this program knows {CURRENT_VERSION}"),
            "use a newer program",
        )
        .nothing_changed()),
        _ => Ok(()),
    }
}

/// An error about a checkpoint that cannot be trusted.
fn checkpoint_error(folder: &Path, what: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::new(ErrorKind::Checkpoint, what).at(folder.display()).remedy(remedy)
}
