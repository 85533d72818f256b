//! The stream that owns the output folder: two checkpoints must never publish into one folder.
#![expect(clippy::disallowed_methods, reason = "looks at the output folder")]

use super::manifest::Manifest;
use super::paths::{MANIFEST_NAME, Output, STAGING, cannot_write, failed};
use super::place;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::StreamId;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io;
use xxhash_rust::xxh3::xxh3_64;

const NAME: &str = "owner.json";
/// The file while it is written.
const PARTIAL_NAME: &str = "owner.json.partial";
const FORMAT_VERSION: u32 = 1;

/// The file that names the owner before there is a manifest.
#[derive(Debug, Serialize, Deserialize)]
struct Owner {
    format_version: u32,
    stream_id: String,
    /// xxh3-64 of the id's text, in hexadecimal.
    checksum: String,
}

impl Owner {
    fn bytes_of(stream: StreamId) -> Vec<u8> {
        let stream_id = stream.to_string();
        let checksum = format!("{:016x}", xxh3_64(stream_id.as_bytes()));
        let owner = Self { format_version: FORMAT_VERSION, stream_id, checksum };
        let mut bytes = serde_json::to_vec_pretty(&owner).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// `None` for anything but the exact form.
    fn read(bytes: &[u8]) -> Option<StreamId> {
        let owner: Self = serde_json::from_slice(bytes).ok()?;
        let stream = StreamId::read(&owner.stream_id)?;
        (Self::bytes_of(stream) == bytes).then_some(stream)
    }
}

impl Output {
    /// The stream that owns the folder; `None` if no stream does.
    ///
    /// The newest manifest decides. Before the first run is published, the owner file decides, or if it is lost, the staged
    /// manifest. A folder without published and staged files has no owner, whatever the file says: no committed run can wait
    /// there, because a run is committed between staging and publishing.
    /// committed run can wait there, since a run is committed between the two.
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
            return Ok(newest.stream());
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
            Ok(bytes) => Ok(Owner::read(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read the owner of the output folder", &path, &error)),
        }
    }

    /// The stream of any run that is completely staged.
    fn staged_stream(&self) -> Option<StreamId> {
        let staged = fs::read_dir(self.folder().join(STAGING)).ok()?;
        let mut manifests = staged.filter_map(|run| fs::read(run.ok()?.path().join(MANIFEST_NAME)).ok());
        manifests.find_map(|bytes| Manifest::from_bytes(&bytes).ok()?.stream())
    }

    /// Creates the folder if it does not exist.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if it cannot be made, or if something else has its name.
    pub fn create(&self) -> Result<()> {
        // Whoever reads the manifests reports what is there instead.
        if self.newest_manifest()?.is_some() || place::folder(self.folder())?.is_some() {
            return Ok(());
        }
        self.disk().create_folder(self.folder()).map_err(|error| cannot_write(self.folder(), &error))
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
        self.write_owner(stream)
            .and_then(|()| if is_new { self.disk().sync_names_above(&path) } else { Ok(()) })
            .map_err(|error| cannot_write(&path, &error))
    }

    fn write_owner(&self, stream: StreamId) -> io::Result<()> {
        let (partial, path) = (self.folder().join(PARTIAL_NAME), self.folder().join(NAME));
        if fs::symlink_metadata(&partial).is_ok() {
            self.disk().remove_file(&partial)?;
        }
        self.disk().step("create file")?;
        let mut file = File::create_new(&partial)?;
        self.disk().write(&mut file, &Owner::bytes_of(stream))?;
        self.disk().sync_file(&file)?;
        self.disk().rename(&partial, &path)?;
        self.disk().sync_folder(self.folder())
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
  "checksum": "d204f9701cfd8985"
}
"#;

    #[test]
    fn golden_bytes_and_every_flipped_bit_is_noticed() {
        let stream = StreamId::of_random([7; 16]);
        let bytes = Owner::bytes_of(stream);
        assert_eq!(String::from_utf8(bytes.clone()).unwrap(), GOLDEN);
        assert_eq!(Owner::read(&bytes), Some(stream));
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Owner::read(&damaged), None, "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert_eq!(Owner::read(&bytes[..length]), None, "cut to {length}");
        }
    }
}
