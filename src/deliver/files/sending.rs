//! A data file on its way into a store.

use super::entry::EntryFile;
use super::store::Store;
use crate::error::{Error, ErrorKind, Result};
use crate::output::{ManifestFile, PublishedFile};
use std::fs::File;
use std::io::{self, Read};
use xxhash_rust::xxh3::Xxh3;

/// Uploads a file below `folder`, and describes it. Its digest was checked when it was opened, and is checked once more: what has
/// been sent is what counts.
///
/// # Errors
/// [`ErrorKind::Delivery`] if the store does not take it, [`ErrorKind::Checkpoint`] if it is no longer what it was.
pub(super) fn send(store: &mut dyn Store, folder: &str, file: PublishedFile) -> Result<EntryFile> {
    let listed: ManifestFile = file.listed().clone();
    let sent = EntryFile {
        path: format!("{folder}{}", listed.path),
        kind: file.kind().name().to_owned(),
        format: file.format().name().to_owned(),
        rows: listed.rows,
        bytes: listed.bytes,
        digest: listed.digest,
    };
    let place = file.path().to_owned();
    let mut content = Hashed { file: file.into_content(), hash: Xxh3::new() };
    store.upload(&sent.path, &mut content, listed.bytes)?;
    if format!("{:032x}", content.hash.digest128()) == sent.digest {
        return Ok(sent);
    }
    Err(Error::new(ErrorKind::Checkpoint, "the output changed while it was sent")
        .at(place.display())
        .remedy("restore a backup of the output folder together with its state folder"))
}

/// A file whose bytes are hashed as they are read.
struct Hashed {
    file: File,
    hash: Xxh3,
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}
