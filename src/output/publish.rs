//! The output folder: what is published, what is staged, and the way from one to the other.
#![expect(clippy::disallowed_methods, reason = "looks at the output folder")]

use super::manifest::Manifest;
use super::stage::{OutputKind, staged_path};
use crate::durable;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::RunId;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_128;

pub(super) const MANIFEST_NAME: &str = "manifest.json";
pub(super) const MANIFESTS: &str = "manifests";
pub(super) const STAGING: &str = ".staging";

/// The folder of the outputs.
#[derive(Debug, Clone)]
pub struct Output {
    folder: PathBuf,
}

impl Output {
    /// The output folder `folder`; nothing is created.
    pub const fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Its path.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn staging_of(&self, run: RunId) -> PathBuf {
        self.folder.join(STAGING).join(run.to_string())
    }

    pub(super) fn manifest_path(&self, run: RunId) -> PathBuf {
        self.folder.join(manifest_name(run))
    }

    /// The newest published run: the one of the newest manifest.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the folder of manifests cannot be read, [`ErrorKind::Failed`] if it may not, or is none.
    pub fn newest_run(&self) -> Result<Option<RunId>> {
        let folder = self.folder.join(MANIFESTS);
        let names = names_in(&folder).map_err(|error| match error.kind() {
            io::ErrorKind::NotADirectory => Error::new(ErrorKind::Failed, "the output folder is no folder")
                .at(self.folder.display())
                .remedy("give --out a folder, or a name that is free"),
            io::ErrorKind::PermissionDenied => failed("read the folder of manifests", &folder, &error),
            _ => unreadable(&folder, &error.to_string()),
        })?;
        Ok(names.into_iter().filter_map(|name| run_of_manifest(&name)).max())
    }

    /// The manifest of the newest published run.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if it cannot be read: nothing can be held against a broken manifest.
    pub fn newest_manifest(&self) -> Result<Option<Manifest>> {
        let Some(newest) = self.newest_run()? else { return Ok(None) };
        let path = self.manifest_path(newest);
        let bytes = fs::read(&path).map_err(|error| unreadable(&path, &error.to_string()))?;
        let manifest = Manifest::from_bytes(&bytes).map_err(|damage| unreadable(&path, &damage))?;
        if manifest.mark().is_some_and(|mark| mark.run == newest) {
            return Ok(Some(manifest));
        }
        Err(unreadable(&path, "it speaks of another run than its name"))
    }

    /// The manifest of one published run; `None` if there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if it cannot be read.
    pub fn manifest_of(&self, run: RunId) -> Result<Option<Manifest>> {
        let path = self.manifest_path(run);
        match fs::read(&path) {
            Ok(bytes) => Manifest::from_bytes(&bytes).map(Some).map_err(|damage| unreadable(&path, &damage)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(&path, &error.to_string())),
        }
    }

    /// Whether `run` has published a view of what is open, and there is one.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the manifest of the run cannot be read.
    pub fn has_view_of(&self, run: RunId) -> Result<bool> {
        let manifest = self.manifest_of(run)?;
        let is_listed = manifest.is_some_and(|manifest| manifest.file_of(OutputKind::Open).is_some());
        Ok(is_listed && self.path_of(OutputKind::Open, run).exists())
    }

    /// The runs whose file of this kind lies in its place.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the folder cannot be read.
    pub fn published_runs(&self, kind: OutputKind) -> Result<Vec<RunId>> {
        let folder = self.folder.join(kind.name());
        let names = names_in(&folder).map_err(|error| unreadable(&folder, &error.to_string()))?;
        Ok(names.iter().filter_map(|name| run_of(name, ".csv")).collect())
    }

    /// The manifest that is staged for `run`; `None` if it is missing, cut or broken.
    pub fn staged_manifest(&self, run: RunId) -> Option<Manifest> {
        let bytes = fs::read(self.staging_of(run).join(MANIFEST_NAME)).ok()?;
        Manifest::from_bytes(&bytes).ok()
    }

    /// Where each output of a run is staged, and where it goes; last the manifest, which stays until the others have gone. All
    /// below the folder.
    pub fn stages(&self, run: RunId) -> Vec<(PathBuf, Option<PathBuf>)> {
        let staging = Path::new(STAGING).join(run.to_string());
        let ways = OutputKind::ALL.map(|kind| (staged_path(&staging, kind), Some(kind.path_of(run).into())));
        ways.into_iter().chain([(staging.join(MANIFEST_NAME), None)]).collect()
    }

    /// Whether `path`, below the folder, is where outputs are staged.
    pub fn is_staging(&self, path: &Path) -> bool {
        path == Path::new(STAGING)
    }

    /// Whether `path`, below the folder, is that of an output which later runs replace.
    pub fn is_replaced(&self, path: &Path) -> bool {
        path == Path::new(&OutputKind::Open.path_of(RunId::new(0)))
    }

    /// Opens an output of a committed run, which is staged or, from some moment on, in its place.
    ///
    /// # Errors
    /// As [`fs::File::open`].
    pub fn open(&self, kind: OutputKind, run: RunId) -> io::Result<fs::File> {
        match fs::File::open(staged_path(&self.staging_of(run), kind)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::File::open(self.path_of(kind, run)),
            opened => opened,
        }
    }

    /// Whether anything is staged.
    pub fn has_staging(&self) -> bool {
        self.folder.join(STAGING).exists()
    }

    /// Removes whatever is staged.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if it cannot be removed.
    pub fn discard_staging(&self) -> Result<()> {
        let staging = self.folder.join(STAGING);
        durable::remove_folder(&staging).map_err(|error| failed("remove what was staged", &staging, &error))
    }

    /// Whether anything is staged for `run`.
    pub fn has_staging_of(&self, run: RunId) -> bool {
        self.staging_of(run).exists()
    }

    /// Holds what is staged for a committed run, and what of it is in place already, against its manifest. Linear in
    /// their bytes; only needed where another process has staged them.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if a file is gone or differs.
    pub fn check_staged(&self, run: RunId, manifest: &Manifest) -> Result<()> {
        let staging = self.staging_of(run);
        for kind in OutputKind::ALL {
            let path = kind.path_of(run);
            let Some(file) = manifest.files.iter().find(|file| file.path == path) else { continue };
            let (staged, place) = (staged_path(&staging, kind), self.folder.join(&path));
            let found = if staged.exists() { staged } else { place };
            let bytes = fs::read(&found).map_err(|error| unreadable(&found, &error.to_string()))?;
            if bytes.len() as u64 != file.bytes || format!("{:032x}", xxh3_128(&bytes)) != file.digest {
                return Err(unreadable(&found, "it is not what its committed run has written"));
            }
        }
        Ok(())
    }

    /// Moves the staged files of a committed run into place, its manifest last, and removes the staging folder.
    ///
    /// It may be called again after any failure: what is in place already stays there.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if a file cannot be moved, [`ErrorKind::Checkpoint`] if one is gone.
    pub fn publish(&self, run: RunId, manifest: &Manifest) -> Result<()> {
        for retracted in manifest.retracts() {
            self.retract(retracted)?;
        }
        let staging = self.staging_of(run);
        for kind in OutputKind::ALL {
            let path = kind.path_of(run);
            if manifest.files.iter().any(|file| file.path == path) {
                self.move_into_place(&staged_path(&staging, kind), &self.folder.join(path))?;
            }
        }
        let staged = staging.join(MANIFEST_NAME);
        self.move_into_place(&staged, &self.manifest_path(run))?;
        self.discard_staging()
    }

    fn move_into_place(&self, staged: &Path, place: &Path) -> Result<()> {
        if !staged.exists() {
            return if place.exists() {
                Ok(())
            } else {
                Err(unreadable(place, "it is neither staged nor published"))
            };
        }
        let folder = place.parent().unwrap_or(&self.folder);
        let moved = durable::create_folder(folder)
            .and_then(|()| durable::rename(staged, place))
            .and_then(|()| durable::sync_folder(folder))
            .and_then(|()| durable::sync_folder(&self.folder));
        moved.map_err(|error| {
            let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
            let first = if full { "the disk is full: free some space; " } else { "" };
            failed("publish", place, &error)
                .remedy(format!("{first}the run is committed, and the next run publishes it"))
        })
    }

    /// Outputs of `run` that are not where it has published them, relative to the output folder, as its manifest lists them; the
    /// manifest itself where that cannot be read. What is open is left out: each run replaces it.
    pub fn missing_of(&self, run: RunId) -> Vec<String> {
        let Ok(Some(manifest)) = self.manifest_of(run) else { return vec![manifest_name(run)] };
        let open = OutputKind::Open.path_of(run);
        let listed = manifest.files.into_iter().map(|file| file.path).filter(|path| *path != open);
        listed.filter(|path| is_gone(&self.folder.join(path))).collect()
    }

    /// The path of a run's file of this kind.
    pub fn path_of(&self, kind: OutputKind, run: RunId) -> PathBuf {
        self.folder.join(kind.path_of(run))
    }
}

/// The path of a run's manifest, relative to the output folder.
pub(super) fn manifest_name(run: RunId) -> String {
    format!("{MANIFESTS}/{run}.json")
}

/// Whether nothing has this name. A link that leads nowhere is something, and a folder that cannot be read hides nothing.
pub(super) fn is_gone(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

fn run_of_manifest(name: &str) -> Option<RunId> {
    run_of(name, ".json")
}

fn run_of(name: &str, ending: &str) -> Option<RunId> {
    let number = name.strip_prefix("run-")?.strip_suffix(ending)?;
    number.parse().ok().map(RunId::new)
}

/// The names in a folder; none if it is not there.
fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

fn unreadable(path: &Path, damage: &str) -> Error {
    Error::new(ErrorKind::Checkpoint, format!("the output of an earlier run cannot be trusted: {damage}"))
        .at(path.display())
        .remedy("put back a backup of the output folder together with its state folder")
}

pub(super) fn failed(action: &str, path: &Path, error: &io::Error) -> Error {
    Error::io(ErrorKind::Failed, action, path, error)
}
