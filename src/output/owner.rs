//! The stream that owns the output folder: two checkpoints must never publish into one folder.
#![expect(clippy::disallowed_methods, reason = "looks at the output folder")]

use super::manifest::Manifest;
use super::paths::{MANIFEST_NAME, Output, STAGING, cannot_write, failed};
use super::place;
use super::sealed::{Sealed, stream_text};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::StreamId;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io;

const NAME: &str = "owner.json";
/// The file while it is written.
const PARTIAL_NAME: &str = "owner.json.partial";

/// The file that names the owner before there is a manifest.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Owner {
    #[serde(with = "stream_text")]
    stream_id: StreamId,
}

impl Output {
    /// The stream that owns the folder; `None` if no stream does.
    ///
    /// The newest manifest decides. Before the first run is published, the owner file decides, or if it is lost, the staged
    /// manifest. A folder without published and staged files has no owner, whatever the file says: no committed run can wait
    /// there, because a run is committed between staging and publishing.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the newest manifest cannot be read, [`ErrorKind::Failed`] if the file may not be read.
    pub fn owner(&self) -> Result<Option<StreamId>> {
        self.owner_by(self.newest_manifest()?.as_ref())
    }

    /// The same where the newest manifest is read already: to find it costs a look at the names of all.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if the owner file may not be read.
    pub fn owner_by(&self, newest: Option<&Manifest>) -> Result<Option<StreamId>> {
        if let Some(newest) = newest {
            return Ok(Some(newest.stream()));
        }
        if !self.has_staging() {
            return Ok(None);
        }
        Ok(self.noted_owner()?.or_else(|| self.staged_stream()))
    }

    /// The stream in the owner file; also `None` if the file is damaged, which a crash cannot cause.
    fn noted_owner(&self) -> Result<Option<StreamId>> {
        let path = self.folder().join(NAME);
        match fs::read(&path) {
            Ok(bytes) => Ok(Sealed::<Owner>::read(&bytes).ok().map(|owner| owner.stream_id)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read the owner of the output folder", &path, &error)),
        }
    }

    /// The stream of any run that is completely staged.
    fn staged_stream(&self) -> Option<StreamId> {
        let staged = fs::read_dir(self.folder().join(STAGING)).ok()?;
        let mut manifests = staged.filter_map(|run| fs::read(run.ok()?.path().join(MANIFEST_NAME)).ok());
        manifests.find_map(|bytes| Manifest::from_bytes(&bytes).ok()).map(|manifest| manifest.stream())
    }

    /// Creates the folder if it does not exist. Its name is synced when it is claimed.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if it cannot be made, or if something else has its name.
    pub fn create(&self) -> Result<()> {
        // Whoever reads the manifests reports what is there instead.
        if self.newest_manifest()?.is_some() || place::folder(self.folder())?.is_some() {
            return Ok(());
        }
        self.disk().create_folder_unsynced(self.folder()).map_err(|error| cannot_write(self.folder(), &error))
    }

    /// Makes `stream` the owner of the folder, on the disk, before anything is staged there. The caller holds its lock and has
    /// checked its owner.
    ///
    /// `is_new` means that nothing was committed yet: then the names of all folders above it are synced too, because an earlier
    /// attempt may have died right after it created them.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if it cannot be written.
    pub fn claim(&self, stream: StreamId, is_new: bool) -> Result<()> {
        if !is_new && self.noted_owner()? == Some(stream) {
            return Ok(());
        }
        let path = self.folder().join(NAME);
        let synced = |()| {
            if is_new { self.disk().sync_names_above(&path) } else { self.disk().sync_folder(self.folder()) }
        };
        self.write_owner(stream).and_then(synced).map_err(|error| cannot_write(&path, &error))
    }

    fn write_owner(&self, stream: StreamId) -> io::Result<()> {
        let (partial, path) = (self.folder().join(PARTIAL_NAME), self.folder().join(NAME));
        if fs::symlink_metadata(&partial).is_ok() {
            self.disk().remove_file(&partial)?;
        }
        self.disk().step("create file")?;
        let mut file = File::create_new(&partial)?;
        self.disk().write(&mut file, &Sealed::of(&Owner { stream_id: stream }).to_bytes())?;
        self.disk().sync_file(&file)?;
        self.disk().rename(&partial, &path)
    }
}

/// The error if the folder belongs to another checkpoint.
pub fn belongs_to_another(output: &Output) -> Error {
    Error::new(ErrorKind::Checkpoint, "this output folder belongs to another checkpoint")
        .at(output.folder().display())
        .remedy("give this --state an --out of its own; if the checkpoint was lost and this is a new one, restore the old one")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = r#"{
  "format_version": 1,
  "stream_id": "07070707-0707-4707-8707-070707070707",
  "checksum": "89a2a9762da33482"
}
"#;

    #[test]
    fn golden_bytes() {
        let owner = Owner { stream_id: StreamId::of_random([7; 16]) };
        assert_eq!(String::from_utf8(Sealed::of(&owner).to_bytes()).unwrap(), GOLDEN);
        assert_eq!(Sealed::read(GOLDEN.as_bytes()), Ok(owner));
    }
}
