//! The outputs of a run before its commit: complete files in a separate folder.
#![expect(clippy::disallowed_methods, reason = "staging creates files")]

use super::columns::Column;
use super::encode::{EncodeFile, Origin, Verbatim};
use super::form::OutputForm;
use super::kind::OutputKind;
use super::manifest::{Manifest, ManifestFile};
use super::paths::{MANIFEST_NAME, Output, OutputFile, cannot_write};
use super::shuffle::Shuffle;
use super::{Encoder, place};
use crate::durable::{Disk, folder_of};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{HeadMark, RunId, StreamId};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use twox_hash::XxHash3_128;

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
    /// Begins the file at `path`, of what `encoder` makes of its rows.
    fn create(path: PathBuf, disk: Disk, form: OutputForm, encoder: Box<dyn EncodeFile>) -> io::Result<Self> {
        Ok(Self { file: StagedFile::create(path, disk)?, encoder: form.encoder(encoder)?, rows: 0 })
    }

    fn write(&mut self, bytes: &[u8], rows: u64) -> io::Result<()> {
        self.rows += rows;
        self.file.write(self.encoder.take(bytes)?)
    }

    /// Writes what is left; it is not on the disk yet after it.
    fn write_end(&mut self) -> io::Result<()> {
        self.file.write(self.encoder.finish()?)?;
        self.file.write_buffer()
    }

    /// What a manifest says of it.
    fn listed_as(&self, path: String) -> ManifestFile {
        let digest = format!("{:032x}", self.file.hash.finish_128());
        ManifestFile { path, rows: self.rows, bytes: self.file.bytes, digest }
    }
}

/// A file that is being written.
struct StagedFile {
    path: PathBuf,
    disk: Disk,
    file: File,
    buffer: Vec<u8>,
    hash: Box<XxHash3_128>,
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
            hash: Box::new(XxHash3_128::new()),
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
        self.hash.write(bytes);
        self.bytes += bytes.len() as u64;
        if self.bytes - self.bytes_synced >= SYNC_BYTES {
            self.disk.sync_written(&self.file)?;
            self.bytes_synced = self.bytes;
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.sync_file(&self.file)
    }
}

/// The staged outputs of one run. If they are dropped, the next recovery removes them.
pub struct Staging {
    stream: StreamId,
    run: RunId,
    output: Output,
    folder: PathBuf,
    files: BTreeMap<OutputFile, StagedOutput>,
    columns: BTreeMap<OutputKind, Vec<Column>>,
    partitioned: Option<Partitioned>,
}

/// Outputs that are divided by days: which days there are, and what they have, is known at the end.
struct Partitioned {
    encoder: Arc<Encoder>,
    origin: Origin,
    rows: Shuffle,
}

impl Partitioned {
    /// Writes all rows of `file` to `path`.
    fn write_file(&self, file: OutputFile, path: PathBuf, disk: &Disk) -> io::Result<StagedOutput> {
        let encoder = self.encoder.file(file.kind, self.origin)?;
        let mut staged = StagedOutput::create(path, disk.clone(), file.form, encoder)?;
        staged.write(&self.encoder.header(file.kind), 0)?;
        for rows in self.rows.pieces(file) {
            staged.write(&rows?, 0)?;
        }
        staged.rows = self.rows.count(file);
        staged.write_end()?;
        Ok(staged)
    }
}

impl Staging {
    /// Begins the outputs of `run` of `stream`, which owns the output folder.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if the folder cannot be created, or a name of the outputs is taken.
    pub fn begin(output: &Output, stream: StreamId, run: RunId) -> Result<Self> {
        place::check(output, run)?;
        let folder = output.staging_of(run);
        output.disk().create_folder_unsynced(&folder).map_err(|error| cannot_write(&folder, &error))?;
        let output = output.clone();
        Ok(Self {
            stream,
            run,
            output,
            folder,
            files: BTreeMap::new(),
            columns: BTreeMap::new(),
            partitioned: None,
        })
    }

    /// Begins the files of days, which have what `encoder` makes of their rows. They need no memory for each, and one open file at
    /// a time.
    pub fn open_partitions(&mut self, encoder: Arc<Encoder>, origin: Origin) {
        self.partitioned = Some(Partitioned { encoder, origin, rows: Shuffle::default() });
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
        let mut staged = StagedOutput::create(path.clone(), self.output.disk().clone(), file.form, encoder)
            .map_err(|error| cannot_write(&path, &error))?;
        staged.write(header, 0).map_err(|error| cannot_write(&path, &error))?;
        self.files.insert(file, staged);
        Ok(())
    }

    /// Says which columns the outputs of a kind have.
    pub fn describe(&mut self, kind: OutputKind, columns: Vec<Column>) {
        self.columns.insert(kind, columns);
    }

    /// Appends `rows` complete rows to an output that has begun. An output that has not begun gets no rows.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if they cannot be written.
    pub fn write(&mut self, file: OutputFile, bytes: &[u8], rows: u64) -> Result<()> {
        if let (Some(partitioned), Some(_)) = (&mut self.partitioned, file.date) {
            return partitioned.rows.push(file, bytes, rows).map_err(|error| cannot_hold(&error));
        }
        let Some(staged) = self.files.get_mut(&file) else { return Ok(()) };
        staged.write(bytes, rows).map_err(|error| cannot_write(&staged.file.path, &error))
    }

    /// Writes the manifest for the head before its commit, with what `complete` adds, and syncs everything: the outputs, the manifest,
    /// the names of all. A disk that is asked for that in one go writes its own journal once.
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
            staged.write_end().map_err(|error| cannot_write(&staged.file.path, &error))?;
            files.push((*file, staged.listed_as(file.path_of(self.run))));
        }
        let mut of_days = Vec::new();
        if let Some(partitioned) = &self.partitioned {
            files.extend(self.write_partitions(partitioned)?);
            of_days = partitioned.rows.files().iter().map(|file| file.staged_in(&self.folder)).collect();
        }
        files.sort_by_key(|(file, _)| *file);
        let files = files.into_iter().map(|(_, listed)| listed).collect();
        let mut manifest = complete(Manifest::new(self.stream, mark, generation, files));
        for (kind, columns) in std::mem::take(&mut self.columns) {
            manifest.describe(kind, columns);
        }
        let written = self.write_manifest(&manifest);
        let synced = written.and_then(|written| self.sync_all(&of_days, &written));
        synced.map_err(|error| cannot_write(&self.folder, &error))?;
        Ok(manifest)
    }

    /// One after the other: nothing of a file that is written stays in memory.
    fn write_partitions(&self, partitioned: &Partitioned) -> Result<Vec<(OutputFile, ManifestFile)>> {
        let write = |file: OutputFile| {
            place::check_file(&self.output, file, self.run)?;
            let path = file.staged_in(&self.folder);
            let written = partitioned.write_file(file, path.clone(), self.output.disk());
            let staged = written.map_err(|error| cannot_write(&path, &error))?;
            Ok((file, staged.listed_as(file.path_of(self.run))))
        };
        partitioned.rows.files().iter().map(|&file| write(file)).collect()
    }

    fn write_manifest(&self, manifest: &Manifest) -> io::Result<StagedFile> {
        let mut file = StagedFile::create(self.folder.join(MANIFEST_NAME), self.output.disk().clone())?;
        file.write(&manifest.to_bytes())?;
        file.write_buffer()?;
        Ok(file)
    }

    /// The outputs come before the manifest, and all of them before their names and those of the folders that staging has created.
    fn sync_all(&self, of_days: &[PathBuf], manifest: &StagedFile) -> io::Result<()> {
        let disk = self.output.disk();
        self.files.values().try_for_each(|staged| staged.file.sync())?;
        disk.sync_files(of_days)?;
        manifest.sync()?;
        let folders = [self.folder.as_path(), folder_of(&self.folder), self.output.folder()];
        disk.sync_folders(&folders.map(Path::to_owned))
    }
}

fn cannot_hold(error: &io::Error) -> Error {
    Error::io(ErrorKind::Failed, "use a temporary file for rows", &std::env::temp_dir(), error)
        .remedy("give TMPDIR a folder with more space")
        .nothing_changed()
}

impl std::fmt::Debug for Staging {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Staging")
            .field("run", &self.run)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}
