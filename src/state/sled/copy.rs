//! A copy of the files of a checkpoint, for commands that only look: the original is not written, locked or waited for.
#![expect(clippy::disallowed_methods, reason = "reads the files of a checkpoint, and writes them elsewhere")]

use super::files::{BLOBS, is_file_of_store};
use crate::error::{Error, ErrorKind, Result};
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind as Io, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const BUFFER_BYTES: usize = 1 << 20;

/// The clock of a file system changes in ticks of at most 10 ms.
const TICK: Duration = Duration::from_millis(20);
/// Some file systems store only whole seconds, or every second one.
const WHOLE_SECONDS: Duration = Duration::from_secs(2);

/// The stamp of the files of a checkpoint. If two stamps are equal, and the clock ticked after the first, nothing was written
/// between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    files: Vec<FileStamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct FileStamp {
    /// Relative to the folder.
    path: PathBuf,
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of the checkpoint in `folder`; an empty one if there is no folder.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if the folder may not be read, or is none.
    pub fn of(folder: &Path) -> Result<Self> {
        let mut files = Vec::new();
        let names = names_in(folder).map_err(|error| unreadable(folder, &error))?;
        for name in names.into_iter().filter(|name| is_file_of_store(name)) {
            files.extend(FileStamp::of(folder, PathBuf::from(name))?);
        }
        // A name that is not a folder does not belong to the store.
        for name in names_in(&folder.join(BLOBS)).unwrap_or_default() {
            files.extend(FileStamp::of(folder, Path::new(BLOBS).join(name))?);
        }
        files.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        Ok(Self { files })
    }

    /// How long to wait until any further write shows in a later stamp.
    pub fn until_settled(&self) -> Duration {
        let Some(youngest) = self.files.iter().map(|file| file.changed.max(file.modified)).max() else {
            return Duration::ZERO;
        };
        let settles = if youngest.1 == 0 { WHOLE_SECONDS } else { TICK };
        let since = Duration::new(youngest.0.unsigned_abs(), u32::try_from(youngest.1).unwrap_or(0));
        match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH + since) {
            Ok(age) => settles.saturating_sub(age),
            // A clock was set back.
            Err(_) => settles,
        }
    }

    /// Whether `file` is one of them, under any name.
    pub fn has(&self, file: &Metadata) -> bool {
        self.files.iter().any(|known| (known.device, known.inode) == (file.dev(), file.ino()))
    }

    /// Whether nothing is stored there yet.
    pub const fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The number of files, and their bytes.
    pub fn sum(&self) -> (u64, u64) {
        (self.files.len() as u64, self.files.iter().map(|file| file.bytes).sum())
    }

    /// Whether the open store reads more than its log.
    pub fn has_blobs(&self) -> bool {
        self.files.iter().any(|file| file.path.starts_with(BLOBS))
    }

    /// Copies the files from `folder` to the existing folder `to`. `check` may end it.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if a file cannot be read, is gone, or cannot be written, and those of `check`.
    pub fn copy(&self, folder: &Path, to: &Path, check: impl Fn() -> Result<()>) -> Result<()> {
        if self.has_blobs() {
            fs::create_dir_all(to.join(BLOBS)).map_err(|error| unwritable(to, &error))?;
        }
        let mut buffer = vec![0; BUFFER_BYTES];
        for file in &self.files {
            let (from, to) = (folder.join(&file.path), to.join(&file.path));
            let mut source = File::open(&from).map_err(|error| unreadable(&from, &error))?;
            let mut target = File::create_new(&to).map_err(|error| unwritable(&to, &error))?;
            loop {
                check()?;
                let bytes = source.read(&mut buffer).map_err(|error| unreadable(&from, &error))?;
                if bytes == 0 {
                    break;
                }
                target.write_all(&buffer[..bytes]).map_err(|error| unwritable(&to, &error))?;
            }
        }
        Ok(())
    }
}

impl FileStamp {
    /// `None` for a file that is gone by now, and for anything that is not a file.
    fn of(folder: &Path, path: PathBuf) -> Result<Option<Self>> {
        let file = folder.join(&path);
        match fs::metadata(&file) {
            Ok(found) if found.is_file() => Ok(Some(Self {
                path,
                device: found.dev(),
                inode: found.ino(),
                bytes: found.len(),
                modified: (found.mtime(), found.mtime_nsec()),
                changed: (found.ctime(), found.ctime_nsec()),
            })),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == Io::NotFound => Ok(None),
            Err(error) => Err(unreadable(&file, &error)),
        }
    }
}

fn names_in(folder: &Path) -> io::Result<Vec<OsString>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.file_name())).collect(),
        Err(error) if error.kind() == Io::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    let error_here = Error::io(ErrorKind::Failed, "read the checkpoint", path, error);
    if error.kind() == Io::NotADirectory { error_here.remedy("give --state a folder") } else { error_here }
}

/// The error for a folder of temporary files that cannot take a copy.
pub fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::io(ErrorKind::Failed, "copy the checkpoint to look at it", path, error)
        .remedy("free some space for temporary files, or name another folder for them in TMPDIR")
        .nothing_changed()
}
