//! Opening the files of a batch: all of them before any is read.
#![expect(clippy::disallowed_methods, reason = "opens the batch files")]

use super::files::{BatchFile, READ_BYTES, unreadable};
use crate::error::{Error, ErrorKind, Result};
use crate::objects::{Object, Objects, is_url};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Opens all files of a batch. Standard input (`-`) and pipes are copied to a temporary file first, because a batch may have to be
/// read twice. A URL stands for the objects that it names; they are not read yet.
///
/// # Errors
/// `ErrorKind::NoInput` for the first file that is missing or unreadable, `ErrorKind::DataRefused` for a stream of more
/// than `max_bytes`, which might never end, `ErrorKind::Usage` for a URL that names nothing.
pub fn open_batch(paths: &[PathBuf], max_bytes: u64) -> Result<Vec<BatchFile>> {
    open_all(paths, max_bytes, Objects::find)
}

/// The same for an inbox, in which there may be no object that fits a URL.
///
/// # Errors
/// The others of [`open_batch`].
pub fn open_inbox(paths: &[PathBuf], max_bytes: u64) -> Result<Vec<BatchFile>> {
    open_all(paths, max_bytes, Objects::find_any)
}

fn open_all(
    paths: &[PathBuf],
    max_bytes: u64,
    find: impl Fn(&mut Objects, &str) -> Result<Vec<Object>>,
) -> Result<Vec<BatchFile>> {
    let (mut objects, mut files) = (Objects::default(), Vec::new());
    for path in paths {
        match path.to_str().filter(|_| is_url(path)) {
            Some(url) => files.extend(find(&mut objects, url)?.into_iter().map(BatchFile::of_object)),
            None => files.push(open(path, max_bytes)?),
        }
    }
    Ok(files)
}

/// Opens one file of a batch.
pub(super) fn open(path: &Path, max_bytes: u64) -> Result<BatchFile> {
    let failed = |error: io::Error| unreadable(path, &error);
    if path.as_os_str() == "-" {
        return BatchFile::new(path, spool(&mut io::stdin().lock(), path, max_bytes)?, false).map_err(failed);
    }
    let mut file = File::open(path).map_err(failed)?;
    let kind = file.metadata().map_err(failed)?;
    if kind.is_dir() {
        let error = failed(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
        let files = format!("{}/*", path.display().to_string().trim_end_matches('/'));
        return Err(error.remedy(format!("check the name, or name the files in it: {files}")));
    }
    let is_stream = !kind.is_file();
    let file = if is_stream { spool(&mut file, path, max_bytes)? } else { file };
    BatchFile::new(path, file, !is_stream).map_err(failed)
}

/// The error for a batch with more bytes than are allowed.
pub fn too_many_bytes(max_bytes: u64) -> Error {
    let what =
        format!("the batch is longer than the {max_bytes} bytes that --max-bytes allows, decompressed");
    Error::new(ErrorKind::DataRefused, what)
        .remedy("check that this is the right file, or raise --max-bytes")
        .nothing_changed()
}

/// Copies a stream to a temporary file without a name, up to `max_bytes`, because a stream may never end.
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
