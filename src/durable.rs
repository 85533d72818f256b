//! The steps on which durability depends: create, write, sync, rename, remove.
//!
//! Every change of output and checkpoint on the disk goes through this module, in the order that `docs/durability.md` lists.
//! Programs built with debug assertions can count the steps, and fail or die at each of them; the crash tests use this. Release
//! builds do not have this hook.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that changes names on the disk; waits for many syncs at once"
)]

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// The error of every step after a failed sync.
const REFUSED: &str = "a sync has failed before, nothing more is written";

/// Syncs that are asked for side by side.
const SYNCS_AT_ONCE: usize = 8;

/// So few paths are synced in turn: the first sync mostly writes what the next ones would wait for, and a thread costs as much.
const FEW_SYNCS: usize = 3;

/// The disk as one command changes it. Clones are the same disk.
///
/// After a failed sync, it is unknown what is on the disk, so every later step is refused. This applies to the store and the
/// outputs of one command together, because they are committed together, and to no other command of the process.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    sync_failed: Arc<AtomicBool>,
}

impl Disk {
    /// Whether a sync has failed. Then nothing more is written.
    pub fn sync_has_failed(&self) -> bool {
        self.sync_failed.load(Ordering::SeqCst)
    }

    /// Announces a durable step. The fault hook of the tests may fail or end the process here.
    ///
    /// # Errors
    /// After a failed sync, and an injected error.
    pub fn step(&self, name: &'static str) -> io::Result<()> {
        log::trace!("durable step {name}");
        if self.sync_has_failed() {
            return Err(io::Error::other(REFUSED));
        }
        fault::reached(name)
    }

    /// Announces a step and does it. If it fails, it is the last one.
    ///
    /// # Errors
    /// As `work`. After an error, it is unknown what was written: the run must end.
    pub fn sync(&self, name: &'static str, work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let synced = self.step(name).and_then(|()| work());
        if synced.is_err() {
            self.sync_failed.store(true, Ordering::SeqCst);
        }
        synced
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// As [`Write::write_all`].
    pub fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        self.step("write")?;
        file.write_all(bytes)
    }

    /// Syncs the content of a file (fsync).
    ///
    /// # Errors
    /// As [`File::sync_all`].
    pub fn sync_file(&self, file: &File) -> io::Result<()> {
        self.sync("sync file", || file.sync_all())
    }

    /// Syncs what was written so far, so that little is left to sync at the end.
    ///
    /// # Errors
    /// As [`Self::sync_file`].
    pub fn sync_written(&self, file: &File) -> io::Result<()> {
        self.sync("sync written", || file.sync_data())
    }

    /// The same for many files. A disk takes many syncs in the time of one, so some are asked for side by side, on as many threads as
    /// the system gives.
    ///
    /// # Errors
    /// As [`Self::sync_file`], and those of opening a file.
    pub fn sync_files(&self, files: &[PathBuf]) -> io::Result<()> {
        self.sync_all("sync file", files)
    }

    /// The same for the names in many folders.
    ///
    /// # Errors
    /// As [`Self::sync_files`].
    pub fn sync_folders(&self, folders: &[PathBuf]) -> io::Result<()> {
        self.sync_all("sync folder", folders)
    }

    fn sync_all(&self, step: &'static str, paths: &[PathBuf]) -> io::Result<()> {
        let next = AtomicUsize::new(0);
        let sync_some = || -> io::Result<()> {
            while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                let opened = File::open(path)?;
                self.sync(step, || opened.sync_all())?;
            }
            Ok(())
        };
        thread::scope(|scope| {
            let at_once = if paths.len() > FEW_SYNCS { SYNCS_AT_ONCE.min(paths.len()) } else { 1 };
            let others = 1..at_once;
            let start = |_| thread::Builder::new().spawn_scoped(scope, sync_some).ok();
            // They start before this thread begins its own part.
            let others: Vec<_> = others.map_while(start).collect();
            let own = sync_some();
            let ended = |other: thread::ScopedJoinHandle<'_, io::Result<()>>| {
                other.join().unwrap_or_else(|_| Err(io::Error::other("a thread has ended early")))
            };
            let all = others.into_iter().map(ended).chain([own]);
            // What has failed says more than what was refused after that.
            let worst = all.filter_map(Result::err).max_by_key(|error| error.to_string() != REFUSED);
            worst.map_or(Ok(()), Err)
        })
    }

    /// Syncs the names in a folder.
    ///
    /// # Errors
    /// As [`File::sync_all`].
    pub fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let folder = File::open(path)?;
        self.sync("sync folder", || folder.sync_all())
    }

    /// Syncs the names of `path` and of the folders above it, as far up as they can be read.
    ///
    /// # Errors
    /// As [`File::sync_all`].
    pub fn sync_names_above(&self, path: &Path) -> io::Result<()> {
        for folder in path.ancestors().skip(1) {
            match self.sync_folder(or_here(folder)) {
                // This program did not create folders that it cannot read.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(()),
                synced => synced?,
            }
        }
        Ok(())
    }

    /// Moves a file into place. A reader sees the old name or the new one, never half a file.
    ///
    /// # Errors
    /// As [`fs::rename`].
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step("rename")?;
        fs::rename(from, to)
    }

    /// Creates a folder and those above it, and syncs their names.
    ///
    /// # Errors
    /// As [`fs::create_dir`] and [`File::sync_all`].
    pub fn create_folder(&self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        let above = folder_of(path);
        self.create_folder(above)?;
        self.create(path, &DirBuilder::new())?;
        self.sync_folder(above)
    }

    /// The same for many folders: each folder that has got a name is synced once.
    ///
    /// # Errors
    /// As [`Self::create_folder`].
    pub fn create_folders<'p>(&self, paths: impl Iterator<Item = &'p Path>) -> io::Result<()> {
        let mut above = BTreeSet::new();
        for path in paths {
            let missing = path.ancestors().take_while(|folder| !or_here(folder).is_dir());
            above.extend(missing.map(|folder| folder_of(folder).to_owned()));
            self.create_folder_unsynced(path)?;
        }
        self.sync_folders(&above.into_iter().collect::<Vec<_>>())
    }

    /// The same as [`Self::create_folder`] without a sync, for names that are synced later together with others.
    ///
    /// # Errors
    /// As [`fs::create_dir`].
    pub fn create_folder_unsynced(&self, path: &Path) -> io::Result<()> {
        self.create_all(path, &DirBuilder::new())
    }

    /// The same for a folder in which only its owner may write, whatever the process allows others.
    ///
    /// # Errors
    /// As [`Self::create_folder_unsynced`].
    pub fn create_own_folder_unsynced(&self, path: &Path) -> io::Result<()> {
        self.create_all(path, DirBuilder::new().mode(0o755))
    }

    fn create_all(&self, path: &Path, how: &DirBuilder) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        self.create_folder_unsynced(folder_of(path))?;
        self.create(path, how)
    }

    fn create(&self, path: &Path, how: &DirBuilder) -> io::Result<()> {
        self.step("create folder")?;
        match how.create(path) {
            // Another run created it before it took the lock.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            created => created,
        }
    }

    /// Removes a file.
    ///
    /// # Errors
    /// As [`fs::remove_file`].
    pub fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.step("remove file")?;
        fs::remove_file(path)
    }

    /// Removes a folder that is empty.
    ///
    /// # Errors
    /// As [`fs::remove_dir`].
    pub fn remove_empty_folder(&self, path: &Path) -> io::Result<()> {
        self.step("remove folder")?;
        fs::remove_dir(path)
    }

    /// Removes a folder with its content. A missing folder counts as removed.
    ///
    /// # Errors
    /// As [`fs::remove_dir_all`].
    pub fn remove_folder(&self, path: &Path) -> io::Result<()> {
        if !path.exists() {
            return Ok(());
        }
        self.step("remove folder")?;
        fs::remove_dir_all(path)
    }
}

/// The folder of `path`.
pub fn folder_of(path: &Path) -> &Path {
    or_here(path.parent().unwrap_or(Path::new("")))
}

fn or_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

#[cfg(debug_assertions)]
pub(crate) mod fault {
    //! `SESSIONIZE_FAULT`: `count`, `abort:K`, `fail:K` or `hold:K`, with K from 1. A held process reports it and waits for the
    //! end of its standard input.

    use std::io::{self, Write};
    use std::sync::{Mutex, OnceLock, PoisonError};

    #[derive(Clone, Copy, PartialEq)]
    enum Plan {
        Nothing,
        Count,
        Abort(usize),
        Fail(usize),
        Hold(usize),
    }

    static REACHED: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

    fn plan() -> Plan {
        static PLAN: OnceLock<Plan> = OnceLock::new();
        *PLAN.get_or_init(|| read_plan(&std::env::var("SESSIONIZE_FAULT").unwrap_or_default()))
    }

    fn read_plan(text: &str) -> Plan {
        let Some((what, number)) = text.split_once(':') else {
            return if text == "count" { Plan::Count } else { Plan::Nothing };
        };
        match (what, number.parse()) {
            ("abort", Ok(step)) => Plan::Abort(step),
            ("fail", Ok(step)) => Plan::Fail(step),
            ("hold", Ok(step)) => Plan::Hold(step),
            _ => Plan::Nothing,
        }
    }

    pub(super) fn reached(name: &'static str) -> io::Result<()> {
        if plan() == Plan::Nothing {
            return Ok(());
        }
        let mut reached = REACHED.lock().unwrap_or_else(PoisonError::into_inner);
        reached.push(name);
        match plan() {
            Plan::Abort(step) if step == reached.len() => std::process::abort(),
            Plan::Fail(step) if step == reached.len() => {
                Err(io::Error::other(format!("injected fault at durable step {step}, {name}")))
            }
            Plan::Hold(step) if step == reached.len() => {
                io::stderr().write_all(b"held\n")?;
                io::copy(&mut io::stdin().lock(), &mut io::sink()).map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// The durable steps of the process, if they are counted.
    pub(crate) fn asked_count() -> Option<String> {
        let reached = REACHED.lock().unwrap_or_else(PoisonError::into_inner);
        (plan() == Plan::Count).then(|| format!("{}: {}", reached.len(), reached.join(", ")))
    }
}

#[cfg(not(debug_assertions))]
pub(crate) mod fault {
    //! No faults in a release build.

    #[expect(clippy::unnecessary_wraps, reason = "the same shape as the hook of the tests")]
    pub(super) fn reached(_name: &'static str) -> std::io::Result<()> {
        Ok(())
    }

    pub(crate) fn asked_count() -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets a sync fail as the system lets it: there is no disk below this file.
    fn fail_sync(disk: &Disk) {
        disk.sync_file(&File::open("/dev/null").unwrap()).unwrap_err();
    }

    #[test]
    fn a_failed_sync_ends_the_steps_of_its_disk_and_of_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        let (failed, disk) = (Disk::default(), Disk::default());
        let clone = failed.clone();
        fail_sync(&failed);
        for disk in [&failed, &clone] {
            assert!(disk.sync_has_failed());
            disk.create_folder(&one).unwrap_err();
            disk.sync_folder(folder.path()).unwrap_err();
        }
        disk.create_folder(&one).unwrap();
        clone.rename(&one, &other).unwrap_err();
        clone.remove_folder(&one).unwrap_err();
        disk.rename(&one, &other).unwrap();
        disk.remove_folder(&other).unwrap();
        assert!(!disk.sync_has_failed());
    }

    #[test]
    fn many_syncs_fail_if_one_does() {
        let folder = tempfile::tempdir().unwrap();
        let mut paths: Vec<PathBuf> = (0..100).map(|number| folder.path().join(number.to_string())).collect();
        for path in &paths {
            fs::write(path, "x").unwrap();
        }
        let disk = Disk::default();
        disk.sync_files(&paths).unwrap();
        disk.sync_folders(&[folder.path().to_owned()]).unwrap();
        disk.sync_files(&[]).unwrap();
        paths.insert(70, PathBuf::from("/dev/null"));
        disk.sync_files(&paths).unwrap_err();
        assert!(disk.sync_has_failed());
        Disk::default().sync_files(&[folder.path().join("none")]).unwrap_err();
    }

    #[test]
    fn any_kind_of_failed_sync_is_the_last_step() {
        let file = File::open("/dev/null").unwrap();
        for sync in [Disk::sync_file, Disk::sync_written] {
            let disk = Disk::default();
            sync(&disk, &file).unwrap_err();
            assert!(disk.sync_has_failed());
        }
    }

    #[test]
    fn after_a_failed_sync_nothing_is_written_made_or_removed() {
        let folder = tempfile::tempdir().unwrap();
        let [path, kept, new] = ["file", "kept", "new"].map(|name| folder.path().join(name));
        let disk = Disk::default();
        let mut file = File::create_new(&path).unwrap();
        disk.write(&mut file, b"before").unwrap();
        disk.sync_names_above(&path).unwrap();
        disk.create_folders([&*kept].into_iter()).unwrap();
        fail_sync(&disk);
        disk.write(&mut file, b"after").unwrap_err();
        disk.sync_names_above(&path).unwrap_err();
        disk.sync_folders(&[folder.path().to_owned()]).unwrap_err();
        disk.create_folders([&*new].into_iter()).unwrap_err();
        disk.create_own_folder_unsynced(&new).unwrap_err();
        disk.remove_file(&path).unwrap_err();
        disk.remove_empty_folder(&kept).unwrap_err();
        disk.remove_folder(&kept).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"before");
        assert!(kept.is_dir() && !new.exists());
        // What is there or gone already needs no step.
        disk.create_folder(&kept).unwrap();
        disk.remove_folder(&new).unwrap();
    }

    #[test]
    fn an_existing_folder_is_not_made_and_a_file_in_its_place_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c");
        let disk = Disk::default();
        disk.create_folders([&*deep, &*deep, folder.path()].into_iter()).unwrap();
        disk.create_own_folder_unsynced(&deep.join("own")).unwrap();
        assert!(deep.join("own").is_dir());
        // Another process has made it in the meantime.
        disk.create(&deep, &DirBuilder::new()).unwrap();
        let file = deep.join("file");
        fs::write(&file, "").unwrap();
        disk.create(&file, &DirBuilder::new()).unwrap_err();
        disk.create_folder(&file.join("below")).unwrap_err();
        disk.remove_empty_folder(&deep.join("own")).unwrap();
        disk.remove_file(&file).unwrap();
        assert_eq!(fs::read_dir(&deep).unwrap().count(), 0);
        assert_eq!(
            [folder_of(Path::new("file")), folder_of(Path::new("a/b"))],
            [Path::new("."), Path::new("a")]
        );
    }
}
