//! The files of a batch: opened before anything is read, known by their content.
#![expect(clippy::cast_possible_truncation, reason = "never more than was just read into memory")]
#![expect(clippy::disallowed_methods, reason = "opens the batch files")]

use super::compression::{self, Compression};
use crate::error::{Error, ErrorKind, Result, limit_reached};
use crate::ledger::FileDigest;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use xxhash_rust::xxh3::Xxh3;

const READ_BYTES: usize = 1 << 20;

/// A batch file, open.
pub struct BatchFile {
    path: PathBuf,
    file: Arc<File>,
    bytes: u64,
    modified: Option<SystemTime>,
    hashed: Arc<Mutex<Hashed>>,
}

/// The stored bytes from the start of the file that have gone through the hash.
#[derive(Default)]
struct Hashed {
    hash: Box<Xxh3>,
    bytes: u64,
}

/// Opens all files of a batch. What is no regular file (`-` for standard input, a pipe) is copied to a temporary file
/// first, for a batch may have to be read twice.
///
/// # Errors
/// [`ErrorKind::NoInput`] for the first file that is missing or unreadable, [`ErrorKind::DataRefused`] for a stream of more
/// than `max_bytes`, which might never end.
pub fn open_batch(paths: &[PathBuf], max_bytes: u64) -> Result<Vec<BatchFile>> {
    paths.iter().map(|path| open(path, max_bytes)).collect()
}

impl std::fmt::Debug for BatchFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchFile")
            .field("path", &self.path)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

fn open(path: &Path, max_bytes: u64) -> Result<BatchFile> {
    let failed = |error: io::Error| unreadable(path, &error);
    let file = if path.as_os_str() == "-" {
        spool(&mut io::stdin().lock(), path, max_bytes)?
    } else {
        let mut file = File::open(path).map_err(failed)?;
        let kind = file.metadata().map_err(failed)?;
        if kind.is_dir() {
            let error = failed(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
            let files = format!("{}/*", path.display().to_string().trim_end_matches('/'));
            return Err(error.remedy(format!("check the name, or name the files in it: {files}")));
        }
        if kind.is_file() { file } else { spool(&mut file, path, max_bytes)? }
    };
    let metadata = file.metadata().map_err(failed)?;
    Ok(BatchFile {
        path: path.to_owned(),
        bytes: metadata.len(),
        modified: metadata.modified().ok(),
        file: Arc::new(file),
        hashed: Arc::default(),
    })
}

/// The error for a batch with more bytes than are allowed.
pub fn too_many_bytes(max_bytes: u64) -> Error {
    let what =
        format!("the batch is longer than the {max_bytes} bytes that --max-bytes allows, decompressed");
    Error::new(ErrorKind::DataRefused, what)
        .remedy("check that this is the right file, or raise --max-bytes")
        .nothing_changed()
}

/// Copies a stream, which may never end, to a file without a name.
fn spool(stream: &mut impl Read, path: &Path, max_bytes: u64) -> Result<File> {
    let failed = |error: io::Error| {
        Error::io(ErrorKind::Failed, "keep a copy of the stream in a temporary file", path, &error)
            .remedy("give TMPDIR a folder with enough space")
            .nothing_changed()
    };
    let mut file = tempfile::tempfile().map_err(failed)?;
    let mut left = max_bytes;
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(file),
            Ok(count) => {
                let too_many = || too_many_bytes(max_bytes).at(path.display());
                left = left.checked_sub(count as u64).ok_or_else(too_many)?;
                file.write_all(&buffer[..count]).map_err(failed)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(path, &error)),
        }
    }
}

impl BatchFile {
    /// The path as the user named it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Length of the stored bytes.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The file itself. All its readers share one offset: only positioned reads can be done side by side.
    #[cfg(feature = "parquet")]
    pub(super) fn stored(&self) -> &Arc<File> {
        &self.file
    }

    /// How it is compressed, by its first bytes; `None` if it is not, or cannot be read.
    pub fn compression_name(&self) -> Option<&'static str> {
        let mut magic = [0; 4];
        let length = read_at_most(&self.file, &mut magic).ok()?;
        Compression::of(&magic[..length]).map(Compression::name)
    }

    /// The content from its start, decompressed if it is gzip or zstd by its first bytes.
    ///
    /// # Errors
    /// What the file says; [`BatchFile::read_error`] makes it fit for a user.
    pub fn reader(&self) -> io::Result<Content> {
        let mut magic = [0; 4];
        let length = read_at_most(&self.file, &mut magic)?;
        let stored =
            StoredBytes { file: Arc::clone(&self.file), offset: 0, hashed: Arc::clone(&self.hashed) };
        Ok(match Compression::of(&magic[..length]) {
            Some(compression) => Content::Packed(compression.unpack(stored)?),
            None => Content::Plain(stored),
        })
    }

    /// The digest of the stored bytes. What readers have gone through already is not read again.
    ///
    /// # Errors
    /// [`ErrorKind::NoInput`] if the file cannot be read, or has changed since it was opened.
    pub fn digest(&self) -> Result<FileDigest> {
        let offset = self.hashed.lock().unwrap_or_else(PoisonError::into_inner).bytes;
        let mut rest = StoredBytes { file: Arc::clone(&self.file), offset, hashed: Arc::clone(&self.hashed) };
        let mut buffer = vec![0; READ_BYTES];
        while rest.read(&mut buffer).map_err(|error| unreadable(&self.path, &error))? > 0 {}
        let hashed = self.hashed.lock().unwrap_or_else(PoisonError::into_inner);
        let metadata = self.file.metadata().map_err(|error| unreadable(&self.path, &error))?;
        if hashed.bytes != self.bytes
            || metadata.len() != self.bytes
            || metadata.modified().ok() != self.modified
        {
            return Err(file_changed(&self.path));
        }
        Ok(FileDigest { hash: hashed.hash.digest128(), bytes: hashed.bytes })
    }

    /// The error for a read that failed: damaged compression is the data's fault, the rest the file's.
    pub fn read_error(&self, error: &io::Error) -> Error {
        match compression::damage(error) {
            Some(refusal) => refusal.at(self.path.display()).nothing_changed(),
            None => unreadable(&self.path, error),
        }
    }
}

fn read_at_most(file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], filled as u64)? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

/// A reader over what a file holds.
pub enum Content {
    /// The stored bytes themselves.
    Plain(StoredBytes),
    /// What decompressing the stored bytes gives: each byte of it costs many times more.
    Packed(Box<dyn Read + Send>),
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stored) => stored.read(buffer),
            Self::Packed(packed) => packed.read(buffer),
        }
    }
}

/// Reads the stored bytes in order and hashes each of them once, whoever reads them first.
pub struct StoredBytes {
    file: Arc<File>,
    offset: u64,
    hashed: Arc<Mutex<Hashed>>,
}

impl Read for StoredBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.offset)?;
        let mut hashed = self.hashed.lock().unwrap_or_else(PoisonError::into_inner);
        let known = (hashed.bytes.saturating_sub(self.offset) as usize).min(count);
        hashed.hash.update(&buffer[known..count]);
        hashed.bytes += (count - known) as u64;
        self.offset += count as u64;
        Ok(count)
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::NoInput, format!("cannot read the batch file: {error}"))
        .at(path.display())
        .remedy(limit_reached(error).unwrap_or("check the name and its permissions"))
        .nothing_changed()
}

/// The error for a file whose content is not what it was when it was opened.
pub fn file_changed(path: &Path) -> Error {
    Error::new(ErrorKind::NoInput, "the file changed while it was read")
        .at(path.display())
        .remedy("run again when whoever writes it is done")
        .nothing_changed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use xxhash_rust::xxh3::xxh3_128;

    fn file_with(bytes: &[u8]) -> (tempfile::NamedTempFile, BatchFile) {
        let mut named = tempfile::NamedTempFile::new().unwrap();
        named.write_all(bytes).unwrap();
        let opened = open(named.path(), u64::MAX).unwrap();
        (named, opened)
    }

    fn content(file: &BatchFile) -> Vec<u8> {
        let mut content = Vec::new();
        file.reader().unwrap().read_to_end(&mut content).unwrap();
        content
    }

    #[test]
    fn the_digest_is_that_of_the_stored_bytes_however_they_were_read() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let expected = FileDigest { hash: xxh3_128(&bytes), bytes: 3_000_000 };
        let (_named, file) = file_with(&bytes);
        file.reader().unwrap().read_exact(&mut [0; 1_000]).unwrap();
        assert_eq!(content(&file), bytes);
        assert_eq!(file.digest().unwrap(), expected);
        assert_eq!(file.digest().unwrap(), expected);
        let (_named, unread) = file_with(&bytes);
        assert_eq!(unread.digest().unwrap(), expected);
    }

    #[test]
    fn gzip_of_several_members_and_zstd_are_read_through() {
        let gzip = |text: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        };
        let two = [gzip(b"a,1\n"), gzip(b"b,2\n")].concat();
        let (_named, file) = file_with(&two);
        assert_eq!(content(&file), b"a,1\nb,2\n");
        assert_eq!(file.digest().unwrap().hash, xxh3_128(&two));
        let padded = [&two[..], &[0; 5_000]].concat();
        let (_named, file) = file_with(&padded);
        assert_eq!(content(&file), b"a,1\nb,2\n");
        assert_eq!(file.digest().unwrap().hash, xxh3_128(&padded));
        let (_named, file) = file_with(&[&two[..], b"\0\0garbage"].concat());
        assert!(file.reader().unwrap().read_to_end(&mut Vec::new()).is_err());
        let (_named, file) = file_with(&zstd::encode_all(&b"a,1\n"[..], 1).unwrap());
        assert_eq!(content(&file), b"a,1\n");
    }

    #[test]
    fn a_file_that_grew_is_refused() {
        let (mut named, file) = file_with(b"a,1\n");
        named.write_all(b"b,2\n").unwrap();
        assert_eq!(file.digest().unwrap_err().kind(), ErrorKind::NoInput);
    }
}
