//! The steps on which durability rests: create, write, sync, rename, remove.
//!
//! Every change that sink and checkpoint make to the disk goes through here, in the order that `docs/durability.md`
//! lists. Binaries built with debug assertions can count the steps and fail or die at each of them, which is how the
//! crash tests go through all of them; release binaries have no such hook.
#![expect(clippy::disallowed_methods, reason = "the one place that changes names on the disk")]

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Announces a durable step; the fault hook of the tests may fail or end the process here.
///
/// # Errors
/// An injected one.
pub fn step(name: &'static str) -> io::Result<()> {
    tracing::trace!(step = name, "durable step");
    fault::reached(name)
}

/// Writes all of `bytes`.
///
/// # Errors
/// As [`Write::write_all`].
pub fn write(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    step("write")?;
    file.write_all(bytes)
}

/// Brings the content of a file to the disk (fsync).
///
/// # Errors
/// As [`File::sync_all`]. After an error nothing is known of what was written: the run must end.
pub fn sync_file(file: &File) -> io::Result<()> {
    step("sync file")?;
    file.sync_all()
}

/// Brings the names in a folder to the disk.
///
/// # Errors
/// As [`File::sync_all`].
pub fn sync_folder(path: &Path) -> io::Result<()> {
    step("sync folder")?;
    File::open(path)?.sync_all()
}

/// Moves a file into place; whoever looks sees the old name or the new one, never half a file.
///
/// # Errors
/// As [`fs::rename`].
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    step("rename")?;
    fs::rename(from, to)
}

/// Creates a folder and those above it.
///
/// # Errors
/// As [`fs::create_dir_all`].
pub fn create_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    step("create folder")?;
    fs::create_dir_all(path)
}

/// Removes a folder with all that is in it; one that is not there counts as removed.
///
/// # Errors
/// As [`fs::remove_dir_all`].
pub fn remove_folder(path: &Path) -> io::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    step("remove folder")?;
    fs::remove_dir_all(path)
}

#[cfg(debug_assertions)]
pub(crate) mod fault {
    //! `SESSIONIZE_FAULT`: `count`, `abort:K` or `fail:K`, with K counted from 1.

    use std::io;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[derive(Clone, Copy, PartialEq)]
    enum Plan {
        Nothing,
        Count,
        Abort(u64),
        Fail(u64),
    }

    static REACHED: AtomicU64 = AtomicU64::new(0);

    fn plan() -> Plan {
        static PLAN: OnceLock<Plan> = OnceLock::new();
        *PLAN.get_or_init(|| read_plan(&std::env::var("SESSIONIZE_FAULT").unwrap_or_default()))
    }

    fn read_plan(text: &str) -> Plan {
        let at = |prefix| text.strip_prefix(prefix).and_then(|number| number.parse().ok());
        match (text, at("abort:"), at("fail:")) {
            ("count", ..) => Plan::Count,
            (_, Some(step), _) => Plan::Abort(step),
            (_, _, Some(step)) => Plan::Fail(step),
            _ => Plan::Nothing,
        }
    }

    pub(super) fn reached(name: &'static str) -> io::Result<()> {
        let number = REACHED.fetch_add(1, Ordering::SeqCst) + 1;
        match plan() {
            Plan::Abort(step) if step == number => std::process::abort(),
            Plan::Fail(step) if step <= number => {
                Err(io::Error::other(format!("injected fault at durable step {number}, {name}")))
            }
            _ => Ok(()),
        }
    }

    /// How many durable steps the process has done, if that was asked for.
    pub(crate) fn asked_count() -> Option<u64> {
        (plan() == Plan::Count).then(|| REACHED.load(Ordering::SeqCst))
    }
}

#[cfg(not(debug_assertions))]
pub(crate) mod fault {
    //! No faults in a release.

    #[expect(clippy::unnecessary_wraps, reason = "the same shape as the hook of the tests")]
    pub(super) fn reached(_name: &'static str) -> std::io::Result<()> {
        Ok(())
    }

    pub(crate) fn asked_count() -> Option<u64> {
        None
    }
}
