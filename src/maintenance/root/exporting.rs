//! The export of a checkpoint as a root: a first commit that has its open state, and the rest of its export in one file.

use crate::core::event::Timestamp;
use crate::core::partition::KeyHash;
use crate::deliver::Root;
use crate::distributed::{
    Commit, CommitCounts, CommitFile, EventTimeRow, IMPORT, META_NAME, Meta, StateFiles, StateKey,
    commit_name,
};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::Head;
use crate::migrations::checkpoint::v1;
use crate::output::Sealed;
use crate::state::{Apart, Checkpoint, Exported, KeyState, Loss, Taken, definition_row, new_stream};
use std::io;
use xxhash_rust::xxh3::Xxh3;

/// The buckets of a root that comes from a checkpoint: its partitions.
const BUCKETS: u32 = 256;

/// Writes a checkpoint whose head is `head` as the root at `address`.
///
/// # Errors
/// [`ErrorKind::Usage`] if there is a root already. [`ErrorKind::Checkpoint`] for damage. Those of the store.
pub fn export(checkpoint: &Checkpoint, head: &Head, as_of: Timestamp, address: &str) -> Result<Exported> {
    let mut root = Root::open(address)?;
    let run = head.run.number();
    let stream_id = checkpoint.stream().to_string();
    let meta = Sealed::of(&Meta {
        stream_id: stream_id.clone(),
        buckets: BUCKETS,
        first_run: run,
        first_kind: IMPORT.to_owned(),
        definition: definition_row(&head.definition),
    })
    .to_bytes();
    // An export that ended before its commit has left this very document: then this one goes on in its place.
    if root.get(META_NAME)?.is_some_and(|found| found != meta) || root.get(&commit_name(run))?.is_some() {
        return Err(taken(&root));
    }
    let attempt = new_stream()?.to_string();
    let folder = format!("data/{run:010}-{attempt}");
    let mut files = Files { root: &mut root, folder, named: Vec::new() };
    let mut apart = Apart::default();
    let mut state = State { keys: StateFiles::default(), file: NewFile::begin()? };
    let mut ledger = NewFile::begin()?;
    let exported = checkpoint.export(Loss::Refused, Vec::new(), |line| match apart.take(line)? {
        Taken::Other(line) => ledger.write(line.as_bytes()).and_then(|()| ledger.write(b"\n")),
        Taken::State(None) => Ok(()),
        Taken::State(Some(key)) => state.push(&key, &mut files),
    })?;
    if let Some(key) = apart.end() {
        state.push(&key, &mut files)?;
    }
    state.keys.finish()?;
    state.write(&mut files)?;
    files.put(&ledger, "ledger", "jsonl", exported.runs + exported.files)?;
    let files = files.named;
    let commit = Commit {
        stream_id,
        run,
        attempt,
        kind: IMPORT.to_owned(),
        now_us: as_of.us(),
        event_time: EventTimeRow {
            watermark_us: head.watermark.time().map(Timestamp::us),
            accepts_from_us: head.accepts_from.time().map(Timestamp::us),
            latest_us: head.latest.map(Timestamp::us),
        },
        purged: head
            .purged
            .iter()
            .map(|key| v1::PurgedKey { key_hash: key.hash, until_us: key.until.us() })
            .collect(),
        counts: CommitCounts::of_state(head),
        batch: None,
        inputs: Vec::new(),
        files,
    };
    // The document says which commit the root begins with, so nobody takes a root without it for an empty one.
    let stands = root.put_new(META_NAME, &meta)? || root.get(META_NAME)?.is_some_and(|found| found == meta);
    if !stands || !root.put_new(&commit_name(run), &Sealed::of(&commit).to_bytes())? {
        return Err(taken(&root));
    }
    Ok(exported)
}

fn taken(root: &Root) -> Error {
    Error::new(ErrorKind::Usage, "there is a root already")
        .at(root.shown(META_NAME))
        .remedy("export to an address of its own")
        .nothing_changed()
}

/// The open state on its way into files.
struct State {
    keys: StateFiles,
    file: NewFile,
}

impl State {
    fn push(&mut self, key: &KeyState, files: &mut Files<'_>) -> Result<()> {
        self.keys.push(&StateKey {
            bucket: i32::from(KeyHash::of(&key.key).partition().number()),
            key: &key.key,
            state: &key.bytes,
            open_start_us: key.open_start.map(Timestamp::us),
            events: key.events,
        })?;
        self.write(files)
    }

    fn write(&mut self, files: &mut Files<'_>) -> Result<()> {
        for piece in self.keys.take_pieces() {
            self.file.write(&piece.bytes)?;
            if let Some(keys) = piece.ends_with_keys {
                let file = std::mem::replace(&mut self.file, NewFile::begin()?);
                files.put(&file, "state", "parquet", keys)?;
            }
        }
        Ok(())
    }
}

/// The files that the commit names.
struct Files<'r> {
    root: &'r mut Root,
    folder: String,
    named: Vec<CommitFile>,
}

impl Files<'_> {
    fn put(&mut self, file: &NewFile, kind: &str, ending: &str, rows: u64) -> Result<()> {
        let path = format!("{}/{kind}-{}.{ending}", self.folder, self.named.len());
        self.root.upload(&path, file.file.path())?;
        let digest = format!("{:032x}", file.hash.digest128());
        self.named.push(CommitFile { path, kind: kind.to_owned(), rows, bytes: file.bytes, digest });
        Ok(())
    }
}

/// A temporary file with the digest of its bytes.
struct NewFile {
    file: tempfile::NamedTempFile,
    hash: Xxh3,
    bytes: u64,
}

impl NewFile {
    fn begin() -> Result<Self> {
        let file = tempfile::NamedTempFile::new().map_err(|error| unwritten(&error))?;
        Ok(Self { file, hash: Xxh3::new(), bytes: 0 })
    }

    fn write(&mut self, content: &[u8]) -> Result<()> {
        self.hash.update(content);
        self.bytes += content.len() as u64;
        io::Write::write_all(&mut self.file, content).map_err(|error| unwritten(&error))
    }
}

fn unwritten(error: &io::Error) -> Error {
    Error::io(ErrorKind::Failed, "write a temporary file in", &std::env::temp_dir(), error)
}
