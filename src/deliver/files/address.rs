//! Where the files are to be.

use crate::error::{Error, ErrorKind, Result};
use std::path::PathBuf;

/// What an address names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// A folder, by its full path.
    Folder(PathBuf),
    /// The URL of a place in an object store.
    Bucket(&'a str),
}

impl<'a> Place<'a> {
    /// Reads an address.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if it is no path of this machine, [`ErrorKind::Delivery`] if it is the output folder of a run.
    pub(super) fn of(address: &'a str) -> Result<Self> {
        let path = match address.split_once("://") {
            Some((scheme, path)) if scheme.eq_ignore_ascii_case("file") => path,
            Some(_) => return Ok(Self::Bucket(address)),
            None => address,
        };
        if path.len() < address.len() && (!path.starts_with('/') || path.contains('%')) {
            return Err(Error::new(ErrorKind::Usage, "this URL is no path of this machine")
                .at(address)
                .remedy("write the path itself, such as /srv/sessions or ./sessions"));
        }
        let root = std::path::absolute(path)
            .map_err(|error| Error::new(ErrorKind::Usage, format!("this is no path: {error}")).at(address))?;
        if root.join("owner.json").exists() {
            return Err(Error::new(
                ErrorKind::Usage,
                "this is the output folder of a checkpoint, and no target",
            )
            .at(root.display())
            .remedy("deliver to a folder of its own")
            .nothing_changed());
        }
        Ok(Self::Folder(root))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_a_path_or_its_url_and_everything_else_is_a_bucket() {
        let here = std::env::current_dir().unwrap();
        for (address, path) in [
            ("/srv/a b", PathBuf::from("/srv/a b")),
            ("./lake", here.join("lake")),
            ("file:///srv/x", PathBuf::from("/srv/x")),
            ("FILE:///srv/x", PathBuf::from("/srv/x")),
        ] {
            assert_eq!(Place::of(address).unwrap(), Place::Folder(path), "{address}");
        }
        assert_eq!(Place::of("s3://bucket/x").unwrap(), Place::Bucket("s3://bucket/x"));
        for wrong in ["file://", "file://host/x", "file://x", "file:///a%20b"] {
            assert_eq!(Place::of(wrong).unwrap_err().kind(), ErrorKind::Usage, "{wrong}");
        }
    }
}
