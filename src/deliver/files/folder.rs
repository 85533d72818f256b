//! A folder as a store.
#![expect(clippy::disallowed_methods, reason = "reads and writes files of the target")]

use super::random::random_id;
use super::store::Store;
use crate::durable::{Disk, folder_of};
use crate::error::{Error, ErrorKind, Result};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// How the name of a file ends that is not there yet under its own.
pub(super) const PARTIAL: &str = ".partial";

/// How deep the folder of a stream lies.
const STREAM_DEPTH: usize = 2;

const BUFFER_BYTES: usize = 1 << 20;

/// A folder of this machine, or of another one that is mounted here.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    disk: Disk,
}

impl Folder {
    /// The folder `root`, which need not be there yet.
    pub(super) const fn at(root: PathBuf, disk: Disk) -> Self {
        Self { root, disk }
    }

    fn link_new(&self, path: &Path, content: &[u8]) -> Result<bool> {
        let partial = PathBuf::from(format!("{}.{}{PARTIAL}", path.display(), random_id()?));
        self.write(&partial, &mut &content[..]).map_err(|error| unwritten(&partial, &error))?;
        let linked = self.disk.step("link").and_then(|()| fs::hard_link(&partial, path));
        // Whatever has happened, this name is of no use any more.
        let removed = self.disk.remove_file(&partial);
        match linked {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            Err(error)
                if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) =>
            {
                return Err(unwritten(path, &error).remedy(
                    "deliver to a folder on a file system that has hard links, in which this user may write",
                ));
            }
            linked => linked.and(removed).map_err(|error| unwritten(path, &error))?,
        }
        self.disk.sync_folder(folder_of(path)).map(|()| true).map_err(|error| unwritten(path, &error))
    }

    /// Writes a new file, and makes it and its name safe.
    fn write(&self, path: &Path, content: &mut dyn Read) -> io::Result<()> {
        let folder = folder_of(path);
        self.disk.create_folder(folder)?;
        self.disk.step("create file")?;
        let mut file = File::create_new(path)?;
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let count = content.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            self.disk.write(&mut file, &buffer[..count])?;
        }
        self.disk.sync_file(&file)?;
        self.disk.sync_folder(folder)
    }
}

impl Store for Folder {
    fn shown(&self, name: &str) -> String {
        self.root.join(name).display().to_string()
    }

    fn put_new(&mut self, name: &str, content: &[u8]) -> Result<bool> {
        let path = self.root.join(name);
        if path.exists() { Ok(false) } else { self.link_new(&path, content) }
    }

    fn get(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        let path = self.root.join(name);
        let unread = |error: io::Error| Error::io(ErrorKind::Delivery, "read from the target", &path, &error);
        match fs::read(&path) {
            // Another process may have linked it a moment ago.
            Ok(content) => {
                self.disk.sync_folder(folder_of(&path)).map_err(unread)?;
                Ok(Some(content))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unread(error)),
        }
    }

    fn upload(&mut self, name: &str, content: &mut dyn Read, _bytes: u64) -> Result<()> {
        let path = self.root.join(name);
        self.write(&path, content).map_err(|error| unwritten(&path, &error))
    }

    fn list(&mut self, prefix: &str) -> Result<Vec<String>> {
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut names = Vec::new();
        list_below(&self.root, folder, &mut names).map_err(|error| {
            Error::io(ErrorKind::Delivery, "list the target", &self.root.join(folder), &error)
        })?;
        names.retain(|name| name.starts_with(prefix));
        Ok(names)
    }

    fn remove(&mut self, name: &str) -> Result<()> {
        let path = self.root.join(name);
        match self.disk.remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::io(ErrorKind::Delivery, "remove from the target", &path, &error));
            }
            _ => {}
        }
        // Folders of which this was the last file go with it; not those of a stream, in which others may be about to make one.
        let is_inside = |folder: &&Path| {
            folder.strip_prefix(&self.root).is_ok_and(|below| below.components().count() > STREAM_DEPTH)
        };
        let inside = path.ancestors().skip(1).take_while(is_inside);
        let _ = inside.map(fs::remove_dir).take_while(io::Result::is_ok).count();
        Ok(())
    }
}

fn unwritten(path: &Path, error: &io::Error) -> Error {
    Error::io(ErrorKind::Delivery, "write to the target", path, error)
}

/// Adds the names of the files below a folder; none if it is not there.
fn list_below(root: &Path, folder: &str, names: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(root.join(folder)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        if entry.file_type()?.is_dir() {
            list_below(root, &name, names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}
