//! A consistent copy of state and outputs, verified after it was made.
//!
//! It is a look: it locks nothing, and other commands may work while it copies. The checkpoint, the view of open sessions and
//! the names of all other outputs are taken at one moment. Other outputs are never written again, so they are copied
//! afterwards.
#![expect(clippy::disallowed_methods, reason = "copies files")]

use super::partial::PartialBackup;
use super::verify::verify;
use crate::durable::{Disk, folder_of};
use crate::error::{Error, ErrorKind, Result};
use crate::output::Output;
use crate::report::{BackupReport, VerifyReport};
use crate::run::{Cancellation, Look, Opening, expect_existing};
use crate::settings::CommonSettings;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// How often it copies again if the copy is damaged because other commands have moved files.
const TRIES: usize = 3;

/// How much is copied between two checks for an interruption.
const PIECE_BYTES: u64 = 64 << 20;

/// Copies the checkpoint to `folder/state` and the output folder to `folder/out`, as they were after the last commit. The copy
/// is verified, and gets its name only if that finds nothing.
///
/// # Errors
/// [`ErrorKind::Usage`] if the folder already exists. [`ErrorKind::Failed`] if the copy cannot be written.
/// [`ErrorKind::Checkpoint`] if the copy is damaged because the original is.
pub fn backup(common: &CommonSettings, folder: &Path, cancellation: &Cancellation) -> Result<BackupReport> {
    if folder.exists() {
        return Err(Error::new(ErrorKind::Usage, "a backup needs a new folder, and this one already exists")
            .at(folder.display())
            .remedy("give the name of a new folder"));
    }
    for copied in [&common.state, &common.out] {
        if lies_inside(folder, copied) {
            return Err(Error::new(ErrorKind::Usage, "a backup cannot be inside the folder that it copies")
                .at(folder.display())
                .remedy("give the name of a new folder elsewhere"));
        }
    }
    expect_existing(common)?;
    cancellation.leaves_something();
    let partial = PartialBackup::begin(folder)?;
    let (report, copied) = match make(common, &partial, cancellation) {
        Ok(made) => made,
        Err(error) => {
            partial.give_up();
            return Err(error);
        }
    };
    partial.finish(folder)?;
    Ok(BackupReport {
        folder: folder.display().to_string(),
        run: report.runs,
        files: copied.files,
        bytes: copied.bytes,
        outputs_missing: report.missing_outputs.len() as u64 + report.missing_accepted,
    })
}

/// Copies until the copy is undamaged, or damaged for a permanent reason.
fn make(
    common: &CommonSettings,
    partial: &PartialBackup,
    cancellation: &Cancellation,
) -> Result<(VerifyReport, Copied)> {
    let copy = CommonSettings { state: partial.state(), out: partial.out(), ..common.clone() };
    let mut tries = 0;
    loop {
        tries += 1;
        let (look, copied) = copy_once(common, partial, cancellation)?;
        let report = verify(&copy, cancellation)?;
        // Whatever others have taken away meanwhile is copied again, or stands there as pruned.
        let is_final = tries == TRIES || report.status == "ok" || !look.is_over(common);
        let Some(finding) = report.findings.first() else {
            if is_final {
                return Ok((report, copied));
            }
            continue;
        };
        if is_final {
            let what = format!("the copy is damaged: {finding}");
            return Err(Error::new(ErrorKind::Checkpoint, what)
                .at(common.state.display())
                .remedy("`sessionize verify` says what is wrong with the original"));
        }
    }
}

fn copy_once(
    common: &CommonSettings,
    partial: &PartialBackup,
    cancellation: &Cancellation,
) -> Result<(Look, Copied)> {
    let mut copying =
        Copying { from: &common.out, to: partial.out(), partial, cancellation, copied: Copied::default() };
    let (look, outputs) = Look::with(common, cancellation, Opening::Whole, |look| {
        partial.empty()?;
        copying.copied = Copied::default();
        fs::create_dir_all(partial.state()).map_err(|error| partial.failed(&error))?;
        look.files().copy(&common.state, &partial.state(), || cancellation.check())?;
        let outputs = outputs(look).map_err(|error| partial.failed(&error))?;
        outputs.iter().filter(|output| output.changes).try_for_each(|output| copying.copy(output))?;
        Ok(outputs)
    })?;
    outputs.iter().filter(|output| !output.changes).try_for_each(|output| copying.copy(output))?;
    let Copying { mut copied, .. } = copying;
    let (files, bytes) = look.files().sum();
    copied.add(Copied { files, bytes });
    sync_all(&partial.state(), partial.disk())
        .and_then(|()| if partial.out().exists() { sync_all(&partial.out(), partial.disk()) } else { Ok(()) })
        .map_err(|error| partial.failed(&error))?;
    Ok((look, copied))
}

/// A file to copy, with its path in the output folder.
#[derive(Debug)]
struct OutputFile {
    path: PathBuf,
    /// Its later place, if it is only staged.
    place: Option<PathBuf>,
    /// Whether later runs write it again under the same name.
    changes: bool,
}

/// The files of the output folder that belong to the checkpoint: all except what is staged for a run that was not committed,
/// and except the checkpoint itself, if it is inside.
fn outputs(look: &Look) -> io::Result<Vec<OutputFile>> {
    let mut files = Vec::new();
    // First: what moves out of this folder while the rest is listed is found there.
    if let Some(manifest) = &look.unpublished {
        let staged = Output::stages(manifest).into_iter().map(|(path, place)| OutputFile {
            changes: place.is_none(),
            path,
            place,
        });
        files.extend(staged.filter(|file| look.output.folder().join(&file.path).exists()));
    }
    list(look, Path::new(""), &mut files)?;
    Ok(files)
}

fn list(look: &Look, below: &Path, files: &mut Vec<OutputFile>) -> io::Result<()> {
    let names = match fs::read_dir(look.output.folder().join(below)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        names => names?,
    };
    for name in names {
        let path = below.join(name?.file_name());
        // Links are followed, so the copy is independent. Missing files were moved by somebody.
        match fs::metadata(look.output.folder().join(&path)) {
            Ok(_) if Output::is_staging(&path) => {}
            Ok(found) if found.is_dir() => list(look, &path, files)?,
            Ok(found) if found.is_file() && !look.files().has(&found) => {
                files.push(OutputFile { changes: Output::is_replaced(&path), path, place: None });
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Copies of one output folder.
struct Copying<'b> {
    from: &'b Path,
    to: PathBuf,
    partial: &'b PartialBackup,
    cancellation: &'b Cancellation,
    copied: Copied,
}

impl Copying<'_> {
    /// Copies one file. A missing file was removed by somebody, or by a rollback; the verification of the copy finds out
    /// whether that matters.
    fn copy(&mut self, output: &OutputFile) -> Result<()> {
        for path in [Some(&output.path), output.place.as_ref()].into_iter().flatten() {
            self.cancellation.check()?;
            let target = self.to.join(path);
            let copied = fs::create_dir_all(folder_of(&target))
                .and_then(|()| copy_file(&self.from.join(path), &target, self.cancellation));
            match copied {
                Ok(bytes) => {
                    self.copied.add(Copied { files: 1, bytes });
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    self.cancellation.check()?;
                    return Err(self.partial.failed(&error));
                }
            }
        }
        Ok(())
    }
}

/// Copies one file, unless the command is interrupted.
fn copy_file(from: &Path, to: &Path, cancellation: &Cancellation) -> io::Result<u64> {
    let mut source = File::open(from)?;
    let mut target = File::create(to)?;
    let mut bytes = 0;
    loop {
        let piece = io::copy(&mut (&mut source).take(PIECE_BYTES), &mut target)?;
        bytes += piece;
        if piece == 0 || cancellation.check().is_err() {
            return Ok(bytes);
        }
    }
}

/// Syncs a folder with its content.
fn sync_all(folder: &Path, disk: &Disk) -> io::Result<()> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    let mut looked_at = 0;
    while let Some(folder) = folders.get(looked_at).cloned() {
        looked_at += 1;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    disk.sync_files(&files)?;
    disk.sync_folders(&folders)
}

fn lies_inside(folder: &Path, copied: &Path) -> bool {
    // Folders above it may be missing too: the first existing one shows where it would be.
    let mut above = folder.ancestors().skip(1).map(|above| fs::canonicalize(above.join(".")));
    let above = above.find_map(Result::ok);
    above.is_some_and(|above| fs::canonicalize(copied).is_ok_and(|copied| above.starts_with(copied)))
}

/// How much was copied.
#[derive(Debug, Clone, Copy, Default)]
struct Copied {
    files: u64,
    bytes: u64,
}

impl Copied {
    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
    }
}
