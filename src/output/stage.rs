//! The outputs of a run before it is committed: whole files in a folder of their own.
#![expect(clippy::disallowed_methods, reason = "staging creates files")]

use super::manifest::{Manifest, ManifestFile};
use super::paths;
use super::publish::Output;
use crate::durable;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{HeadMark, RunId, StreamId};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// The kinds of output a run can have; each has its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutputKind {
    /// Completed sessions: written by every run that emits sessions.
    Sessions,
    /// The events of completed sessions: written by every run that emits events.
    Events,
    /// Late events, verbatim.
    Late,
    /// Rejected rows, verbatim.
    Rejects,
    /// What is open: one file, replaced by each run that writes it.
    Open,
}

impl OutputKind {
    /// All kinds, in the order in which they are published.
    pub const ALL: [Self; 5] = [Self::Sessions, Self::Events, Self::Late, Self::Rejects, Self::Open];

    /// The name of its folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Events => "events",
            Self::Late => "late",
            Self::Rejects => "rejects",
            Self::Open => "open",
        }
    }

    /// The path of a run's file, relative to the output folder.
    pub fn path_of(self, run: RunId) -> String {
        match self {
            Self::Open => "open/latest.csv".to_owned(),
            _ => format!("{}/{run}.csv", self.name()),
        }
    }
}

/// Bytes that are gathered before they are written.
const BUFFER_BYTES: usize = 1 << 20;

/// What comes in pieces of this length or more is written from where it lies.
const DIRECT_BYTES: usize = 16 << 10;

/// Bytes after which what was written is brought to the disk, while others still fold: one sync of everything at the end
/// would be waited for by all.
const SYNC_BYTES: u64 = 16 << 20;

/// A file that is being written.
struct StagedFile {
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
    hash: Box<Xxh3>,
    bytes: u64,
    bytes_synced: u64,
    rows: u64,
}

impl StagedFile {
    fn create(path: PathBuf) -> io::Result<Self> {
        durable::step("create file")?;
        // A name that is there already, be it a link to somebody's file, is never written through.
        let file = File::create_new(&path)?;
        Ok(Self {
            path,
            file,
            buffer: Vec::new(),
            hash: Box::new(Xxh3::new()),
            bytes: 0,
            bytes_synced: 0,
            rows: 0,
        })
    }

    fn write(&mut self, bytes: &[u8], rows: u64) -> io::Result<()> {
        self.rows += rows;
        if bytes.len() >= DIRECT_BYTES {
            self.write_buffer()?;
            return self.write_now(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER_BYTES { self.write_buffer() } else { Ok(()) }
    }

    fn write_buffer(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let buffer = std::mem::take(&mut self.buffer);
        self.write_now(&buffer)?;
        self.buffer = buffer;
        self.buffer.clear();
        Ok(())
    }

    fn write_now(&mut self, bytes: &[u8]) -> io::Result<()> {
        durable::write(&mut self.file, bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        if self.bytes - self.bytes_synced >= SYNC_BYTES {
            durable::sync_written(&self.file)?;
            self.bytes_synced = self.bytes;
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.write_buffer()?;
        durable::sync_file(&self.file)
    }
}

/// The staged outputs of one run. Dropping it leaves them to the next recovery, which removes them.
pub struct Staging {
    stream: StreamId,
    run: RunId,
    folder: PathBuf,
    files: BTreeMap<OutputKind, StagedFile>,
}

impl Staging {
    /// Begins the outputs of `run` of `stream`, to whom the output folder belongs by now.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if the folder cannot be created, or if something stands where the outputs are to go.
    pub fn begin(output: &Output, stream: StreamId, run: RunId) -> Result<Self> {
        paths::check(output, run)?;
        let folder = output.staging_of(run);
        durable::create_folder(&folder).map_err(|error| cannot_write(&folder, &error))?;
        Ok(Self { stream, run, folder, files: BTreeMap::new() })
    }

    /// Begins one output with its header row, if it has not begun.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if it cannot be created.
    pub fn open(&mut self, kind: OutputKind, header: &[u8]) -> Result<()> {
        if self.files.contains_key(&kind) {
            return Ok(());
        }
        let path = staged_path(&self.folder, kind);
        let mut file = StagedFile::create(path.clone()).map_err(|error| cannot_write(&path, &error))?;
        file.write(header, 0).map_err(|error| cannot_write(&path, &error))?;
        self.files.insert(kind, file);
        Ok(())
    }

    /// Appends `rows` whole rows to an output that has begun; there is nothing to append to any other.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if they cannot be written.
    pub fn write(&mut self, kind: OutputKind, bytes: &[u8], rows: u64) -> Result<()> {
        let Some(file) = self.files.get_mut(&kind) else { return Ok(()) };
        file.write(bytes, rows).map_err(|error| cannot_write(&file.path, &error))
    }

    /// Syncs all files and writes the manifest for the head that is about to be committed.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if anything cannot be brought to the disk.
    pub fn seal(self, mark: HeadMark, generation: u64) -> Result<Manifest> {
        self.seal_as(mark, generation, |manifest| manifest)
    }

    /// The same with a manifest that says more.
    ///
    /// # Errors
    /// As [`Staging::seal`].
    pub fn seal_as(
        mut self,
        mark: HeadMark,
        generation: u64,
        complete: impl FnOnce(Manifest) -> Manifest,
    ) -> Result<Manifest> {
        let mut files = Vec::new();
        for (kind, staged) in &mut self.files {
            staged.finish().map_err(|error| cannot_write(&staged.path, &error))?;
            files.push(ManifestFile {
                path: kind.path_of(self.run),
                rows: staged.rows,
                bytes: staged.bytes,
                digest: format!("{:032x}", staged.hash.digest128()),
            });
        }
        let manifest = complete(Manifest::new(self.stream, mark, generation, files));
        write_manifest(&self.folder, &manifest).map_err(|error| cannot_write(&self.folder, &error))?;
        Ok(manifest)
    }
}

impl std::fmt::Debug for Staging {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Staging")
            .field("run", &self.run)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

fn write_manifest(folder: &Path, manifest: &Manifest) -> io::Result<()> {
    let mut file = StagedFile::create(folder.join(super::publish::MANIFEST_NAME))?;
    file.write(&manifest.to_bytes(), 0)?;
    file.finish()?;
    durable::sync_folder(folder)
}

/// Where a kind of output stands while it is staged.
pub(super) fn staged_path(folder: &Path, kind: OutputKind) -> PathBuf {
    folder.join(format!("{}.csv", kind.name()))
}

pub(super) fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::io(ErrorKind::Failed, "write the output", path, error)
}
