//! Notes how far a follower has come.
#![expect(clippy::disallowed_methods, reason = "writes a file of the output folder")]

use crate::error::Result;
use crate::output::followers::{FOLLOWERS, Registration};
use crate::output::paths::{Output, failed};
use crate::output::sealed::Sealed;
use std::fs::File;
use std::io;
use std::path::Path;

impl Output {
    /// Writes the file of a follower, in place of the one before.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if it cannot be written.
    pub fn register(&self, registration: &Registration) -> Result<()> {
        let path = self.follower_path(&registration.name);
        self.write_follower(&path, registration)
            .map_err(|error| failed("write the position of a follower", &path, &error))
    }

    fn write_follower(&self, path: &Path, registration: &Registration) -> io::Result<()> {
        let folder = self.folder().join(FOLLOWERS);
        // Two processes may write at once: each has a file of its own until it renames it.
        let partial = folder.join(format!("{}.{}.partial", registration.name, std::process::id()));
        let disk = self.disk();
        disk.create_folder(&folder)?;
        disk.step("create file")?;
        let mut file = File::create(&partial)?;
        disk.write(&mut file, &Sealed::of(registration).to_bytes())?;
        disk.sync_file(&file)?;
        disk.rename(&partial, path)?;
        disk.sync_folder(&folder)
    }
}
