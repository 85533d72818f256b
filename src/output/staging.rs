//! The outputs of a run before its commit: complete files in a separate folder.
#![expect(clippy::disallowed_methods, reason = "staging creates files")]

use super::encode::{EncodeFile, Verbatim};
use super::manifest::{Manifest, ManifestFile};
use super::paths::{MANIFEST_NAME, Output, OutputFile, cannot_write};
use super::place;
use crate::durable::Disk;
use crate::error::Result;
use crate::ledger::{HeadMark, RunId, StreamId};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use xxhash_rust::xxh3::Xxh3;

/// The bytes that are collected before they are written.
const BUFFER_BYTES: usize = 1 << 20;

/// Pieces of at least this length are written without a copy.
const DIRECT_BYTES: usize = 16 << 10;

/// The bytes after which an output is synced while other threads still fold: a single sync at the end would make all of them
/// wait.
const SYNC_BYTES: u64 = 16 << 20;

/// An output that is being written: rows go through the maker of its file.
struct StagedOutput {
    file: StagedFile,
    encoder: Box<dyn EncodeFile>,
    rows: u64,
}

impl StagedOutput {
    fn write(&mut self, bytes: &[u8], rows: u64) -> io::Result<()> {
        self.rows += rows;
        self.file.write(self.encoder.take(bytes)?)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.file.write(self.encoder.finish()?)?;
        self.file.finish()
    }
}

/// A file that is being written.
struct StagedFile {
    path: PathBuf,
    disk: Disk,
    file: File,
    buffer: Vec<u8>,
    hash: Box<Xxh3>,
    bytes: u64,
    bytes_synced: u64,
}

impl StagedFile {
    fn create(path: PathBuf, disk: Disk) -> io::Result<Self> {
        disk.step("create file")?;
        // An existing name, such as a link to a file of somebody else, is never written through.
        let file = File::create_new(&path)?;
        Ok(Self {
            path,
            disk,
            file,
            buffer: Vec::new(),
            hash: Box::new(Xxh3::new()),
            bytes: 0,
            bytes_synced: 0,
        })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
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
        self.disk.write(&mut self.file, bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        if self.bytes - self.bytes_synced >= SYNC_BYTES {
            self.disk.sync_written(&self.file)?;
            self.bytes_synced = self.bytes;
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.write_buffer()?;
        self.disk.sync_file(&self.file)
    }
}

/// The staged outputs of one run. If they are dropped, the next recovery removes them.
pub struct Staging {
    stream: StreamId,
    run: RunId,
    folder: PathBuf,
    disk: Disk,
    files: BTreeMap<OutputFile, StagedOutput>,
}

impl Staging {
    /// Begins the outputs of `run` of `stream`, which owns the output folder.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if the folder cannot be created, or a name of the outputs is taken.
    pub fn begin(output: &Output, stream: StreamId, run: RunId) -> Result<Self> {
        place::check(output, run)?;
        let folder = output.staging_of(run);
        output.disk().create_folder(&folder).map_err(|error| cannot_write(&folder, &error))?;
        Ok(Self { stream, run, folder, disk: output.disk().clone(), files: BTreeMap::new() })
    }

    /// Begins an output that consists of a header and rows, unless it has begun.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if it cannot be created.
    pub fn open(&mut self, file: OutputFile, header: &[u8]) -> Result<()> {
        self.open_for(file, header, Box::new(Verbatim))
    }

    /// Begins an output with a header, unless it has begun; `encoder` makes a file of its rows.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if it cannot be created.
    pub fn open_for(&mut self, file: OutputFile, header: &[u8], encoder: Box<dyn EncodeFile>) -> Result<()> {
        if self.files.contains_key(&file) {
            return Ok(());
        }
        let path = file.staged_in(&self.folder);
        let mut staged = StagedFile::create(path.clone(), self.disk.clone())
            .map_err(|error| cannot_write(&path, &error))?;
        staged.write(header).map_err(|error| cannot_write(&path, &error))?;
        self.files.insert(file, StagedOutput { file: staged, encoder, rows: 0 });
        Ok(())
    }

    /// Appends `rows` complete rows to an output that has begun. An output that has not begun gets no rows.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if they cannot be written.
    pub fn write(&mut self, file: OutputFile, bytes: &[u8], rows: u64) -> Result<()> {
        let Some(staged) = self.files.get_mut(&file) else { return Ok(()) };
        staged.write(bytes, rows).map_err(|error| cannot_write(&staged.file.path, &error))
    }

    /// Syncs all files, and writes the manifest for the head before its commit, with what `complete` adds.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if anything cannot be synced.
    pub fn seal(
        mut self,
        mark: HeadMark,
        generation: u64,
        complete: impl FnOnce(Manifest) -> Manifest,
    ) -> Result<Manifest> {
        let mut files = Vec::new();
        for (file, staged) in &mut self.files {
            staged.finish().map_err(|error| cannot_write(&staged.file.path, &error))?;
            files.push(ManifestFile {
                path: file.path_of(self.run),
                rows: staged.rows,
                bytes: staged.file.bytes,
                digest: format!("{:032x}", staged.file.hash.digest128()),
            });
        }
        let manifest = complete(Manifest::new(self.stream, mark, generation, files));
        self.write_manifest(&manifest).map_err(|error| cannot_write(&self.folder, &error))?;
        Ok(manifest)
    }

    fn write_manifest(&self, manifest: &Manifest) -> io::Result<()> {
        let mut file = StagedFile::create(self.folder.join(MANIFEST_NAME), self.disk.clone())?;
        file.write(&manifest.to_bytes())?;
        file.finish()?;
        self.disk.sync_folder(&self.folder)
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
