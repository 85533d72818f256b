//! The outputs in their folders at one moment: later runs change these names while the rest is read.

use super::kind::OutputKind;
use super::manifest::{Manifest, ManifestFile};
use super::paths::{Output, OutputFile};
use super::published::is_gone;
use crate::error::Result;
use crate::ledger::RunId;
use std::io::{self, Read};
use std::path::Path;
use xxhash_rust::xxh3::Xxh3;

/// What is wrong with a published file.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// It does not exist.
    Gone,
    /// It is not what was published.
    Wrong(String),
}

impl Fault {
    /// Why an output could not be read.
    pub(super) fn of(place: &Path, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound && is_gone(place) {
            Self::Gone
        } else {
            Self::Wrong(format!("it cannot be read: {error}"))
        }
    }
}

/// The length and the digest of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Content {
    bytes: u64,
    digest: u128,
}

impl Content {
    /// Reads all of `file`.
    pub(super) fn of(mut file: impl Read) -> io::Result<Self> {
        let mut hash = Xxh3::new();
        let mut buffer = vec![0; 1 << 20];
        let mut bytes = 0;
        loop {
            let count = file.read(&mut buffer)?;
            if count == 0 {
                return Ok(Self { bytes, digest: hash.digest128() });
            }
            hash.update(&buffer[..count]);
            bytes += count as u64;
        }
    }

    /// Compares it with its manifest.
    pub(super) fn check(self, listed: &ManifestFile) -> Result<(), Fault> {
        if self.bytes != listed.bytes {
            let what = format!("it has {} bytes, its manifest says {}", self.bytes, listed.bytes);
            return Err(Fault::Wrong(what));
        }
        if format!("{:032x}", self.digest) != listed.digest {
            return Err(Fault::Wrong("its digest is not that of its manifest".to_owned()));
        }
        Ok(())
    }
}

/// The names of outputs, and the content of the views that each run replaces.
#[derive(Debug, Clone)]
pub struct Listing {
    pub(super) published: Vec<(OutputFile, RunId)>,
    views: Vec<(OutputFile, Result<Content, Fault>)>,
}

impl Listing {
    /// Lists the folders, and reads the view of open sessions. `unpublished` is the manifest of a run that is not completely
    /// published.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if a folder cannot be read.
    pub fn of(output: &Output, unpublished: Option<&Manifest>) -> Result<Self> {
        let mut published = Vec::new();
        for kind in OutputKind::ALL {
            published.extend(output.published_files(kind)?);
        }
        let run = unpublished.map_or(RunId::new(0), Manifest::run);
        let content = |view: OutputFile| {
            let content = output.open(view, run).and_then(Content::of);
            (view, content.map_err(|error| Fault::of(&output.path_of(view, run), &error)))
        };
        let views =
            OutputFile::all_whole().filter(|file| file.kind == OutputKind::Open).map(content).collect();
        Ok(Self { published, views })
    }

    /// Compares a view of open sessions with its manifest.
    pub(super) fn check_view(&self, view: OutputFile, listed: &ManifestFile) -> Result<(), Fault> {
        let found = self.views.iter().find(|(file, _)| *file == view);
        found.map_or(Err(Fault::Gone), |(_, content)| content.clone()?.check(listed))
    }
}
