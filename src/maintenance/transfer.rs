//! Export and import of a checkpoint as text.
#![expect(clippy::disallowed_methods, reason = "reads and writes the file of an export")]

use super::rewrite::{commit, head_with, report};
use crate::core::event::Timestamp;
use crate::durable::Disk;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Counts, Head, RunEntry, RunId, RunKind, StreamId};
use crate::output::{Manifest, Output, belongs_to_another};
use crate::report::{ExportReport, MaintenanceReport};
use crate::run::{Cancellation, Context, LedgerChange, Locks, Look, Opening, lost_outputs};
use crate::settings::CommonSettings;
use crate::state::{Checkpoint, Exported, Imported, Loss, StagedState, new_stream, read_export};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write, stdin, stdout};
use std::path::Path;

/// The name that stands for standard output in an export, and for standard input in an import.
pub const STANDARD_STREAM: &str = "-";

/// Writes the checkpoint as lines of JSON to `file`, which must not be there yet, or to [`STANDARD_STREAM`]. With `salvage` it goes on where something
/// cannot be read, and reports what was lost.
///
/// # Errors
/// [`ErrorKind::Checkpoint`] for damage, unless it is a salvage; [`ErrorKind::Failed`] if the file cannot be written.
pub fn export_state(
    common: &CommonSettings,
    file: &Path,
    salvage: bool,
    cancellation: &Cancellation,
) -> Result<ExportReport> {
    let is_stream = file == Path::new(STANDARD_STREAM);
    let place = if is_stream { Path::new("standard output") } else { file };
    let failed = |error: std::io::Error| Error::io(ErrorKind::Failed, "write the export", place, &error);
    let mut losses = Vec::new();
    let look = if salvage {
        let (mut look, after) =
            Look::with(common, cancellation, Opening::Damaged, |look| Ok(outputs_amiss(look)))?;
        losses.extend(look.damages.drain(..).chain(after));
        look
    } else {
        Look::at_existing(common, cancellation)?
    };
    cancellation.leaves_nothing()?;
    let created = if is_stream { None } else { Some(File::create_new(file).map_err(failed)?) };
    let target: Box<dyn Write + '_> = match &created {
        Some(file) => Box::new(file),
        None => Box::new(stdout().lock()),
    };
    let mut out = BufWriter::new(target);
    let loss = if salvage { Loss::Accepted } else { Loss::Refused };
    let line = |line: String| out.write_all((line + "\n").as_bytes()).map_err(failed);
    let exported = look.checkpoint.export(loss, losses, line)?;
    out.flush().and_then(|()| created.as_ref().map_or(Ok(()), File::sync_all)).map_err(failed)?;
    Ok(report_of(exported))
}

fn report_of(exported: Exported) -> ExportReport {
    ExportReport {
        run: exported.run,
        runs: exported.runs,
        files: exported.files,
        events: exported.events,
        losses: exported.losses,
    }
}

/// What is wrong with the outputs of a damaged checkpoint.
fn outputs_amiss(look: &Look) -> Vec<String> {
    outputs_after(look).into_iter().chain(lost_outputs(&look.checkpoint, &look.output)).collect()
}

/// A warning if the output folder has later runs than the checkpoint.
fn outputs_after(look: &Look) -> Option<String> {
    let run = look.checkpoint.head()?.run;
    let published = look.output.newest_manifest().ok()??.run();
    (published > run).then(|| {
        format!(
            "the checkpoint is at run {}, its output at run {}: do not use outputs of later runs together with this export",
            run.number(),
            published.number()
        )
    })
}

/// Writes the checkpoint as a root of distributed runs, at a folder or URL that has none yet.
///
/// # Errors
/// As [`export_state`]; [`ErrorKind::Delivery`] if the root cannot be written.
#[cfg(feature = "parquet")]
pub fn export_root(
    common: &CommonSettings,
    address: &str,
    cancellation: &Cancellation,
) -> Result<ExportReport> {
    let look = Look::at_existing(common, cancellation)?;
    cancellation.leaves_nothing()?;
    let head = look
        .checkpoint
        .head()
        .ok_or_else(|| Error::new(ErrorKind::Failed, "there is nothing to export: no run was committed"))?;
    super::root::export(&look.checkpoint, head, common.as_of, address).map(report_of)
}

/// Creates a checkpoint from an export, as a new stream with a new output folder. With `take_over`, it continues in the output
/// folder of the exported checkpoint: the import is the next run there, and the exported checkpoint is then behind its output.
///
/// # Errors
/// [`ErrorKind::DataRefused`] if the export is not complete. [`ErrorKind::Usage`] if state or output contain something else.
pub fn import_state(
    common: &CommonSettings,
    file: &Path,
    take_over: bool,
    cancellation: &Cancellation,
) -> Result<MaintenanceReport> {
    let is_stream = file == Path::new(STANDARD_STREAM);
    let place = if is_stream { Path::new("standard input") } else { file };
    let opened: Box<dyn BufRead> = if is_stream { Box::new(stdin().lock()) } else { open_export(file)? };
    let imported = read_export(opened).map_err(|(line, wrong)| {
        Error::new(ErrorKind::DataRefused, format!("this export is not complete or not valid: {wrong}"))
            .at(format!("{}:{line}", place.display()))
            .remedy("export again")
            .nothing_changed()
    })?;
    let disk = Disk::default();
    let mut locks = Locks::of_state(common, &disk)?;
    let mut checkpoint = Checkpoint::open(&common.state, &disk)?;
    if checkpoint.head().is_some() {
        drop((checkpoint, locks));
        return imported_before(common, &imported, cancellation);
    }
    let output = Output::at(common.out.clone(), disk);
    choose_stream(&mut checkpoint, &imported, take_over)?;
    if take_over {
        expect_published(&output)?;
    }
    checkpoint.keep_stream()?;
    output.create()?;
    locks.add_output(&output, common.wait)?;
    let follows = published(&output, &imported, checkpoint.stream())?;
    output.claim(checkpoint.stream(), true)?;
    let mut context = Context::locked(locks, checkpoint, output, common.as_of, cancellation);
    let entry = entry_of(&imported, context.checkpoint.stage_import(&imported)?, common.as_of);
    let entry = commit(&mut context, entry, LedgerChange::Import { imported: &imported, follows })?;
    Ok(report(&entry.head, Some(&entry)))
}

/// A file of lines, or a root of distributed runs.
fn open_export(file: &Path) -> Result<Box<dyn BufRead>> {
    #[cfg(feature = "parquet")]
    if super::root::is_root(file) {
        return super::root::lines(&file.to_string_lossy());
    }
    let failed = |error| Error::io(ErrorKind::NoInput, "read the export", file, &error);
    Ok(Box::new(BufReader::new(File::open(file).map_err(failed)?)))
}

/// The entry of the import whose open state is staged as `state`.
fn entry_of(imported: &Imported, state: StagedState, as_of: Timestamp) -> RunEntry {
    let head = head_after(imported, state);
    let counts = Counts {
        events_open_before: imported.head.events_open,
        events_open_after: head.events_open,
        events_removed: imported.head.events_open.saturating_sub(head.events_open),
        ..Counts::default()
    };
    RunEntry { kind: RunKind::Import, as_of, files: Vec::new(), counts, head }
}

/// The stream of the export if it takes over, otherwise a new one.
fn choose_stream(checkpoint: &mut Checkpoint, imported: &Imported, take_over: bool) -> Result<()> {
    if take_over {
        checkpoint.continue_stream(imported.stream);
    } else if checkpoint.stream() == imported.stream {
        // An import that was to take over died here.
        checkpoint.continue_stream(new_stream()?);
    }
    Ok(())
}

fn expect_published(output: &Output) -> Result<()> {
    if output.newest_manifest()?.is_some() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Usage,
        "there is nothing to take over: no run was published in this output folder",
    )
    .at(output.folder().display())
    .remedy("give the --out of the exported checkpoint, or leave --take-over out; nothing was changed"))
}

fn head_after(imported: &Imported, state: StagedState) -> Head {
    let head = head_with(&imported.head, imported.head.run.next(), state, imported.open);
    Head { known_files: imported.known_files, ..head }
}

/// If there is a checkpoint, nothing is done if it is the import of this file. That import may have died after its commit, and
/// is then published now.
fn imported_before(
    common: &CommonSettings,
    imported: &Imported,
    cancellation: &Cancellation,
) -> Result<MaintenanceReport> {
    let context = Context::open(common, cancellation)?;
    if let Some(head) = context.checkpoint.head() {
        let staged =
            StagedState { generation: head.generation, chunks: head.chunks, digest: head.state_digest };
        if *head == head_after(imported, staged) {
            return Ok(report(head, None));
        }
    }
    Err(Error::new(ErrorKind::Usage, "a checkpoint already exists here")
        .at(common.state.display())
        .remedy("import into a new --state folder")
        .nothing_changed())
}

/// The newest run of the output folder. If there is one, it must be the exported one, and the import must continue its stream.
fn published(output: &Output, imported: &Imported, stream: StreamId) -> Result<Option<RunId>> {
    let owner = output.owner()?;
    if owner.is_some_and(|owner| owner != imported.stream && owner != stream) {
        return Err(belongs_to_another(output));
    }
    if owner == Some(imported.stream) && stream != imported.stream {
        return Err(Error::new(
            ErrorKind::Usage,
            "this output folder belongs to the exported checkpoint, which could not use it any more",
        )
        .at(output.folder().display())
        .remedy(
            "give a new --out folder, or --take-over to continue here in its place; nothing was changed",
        ));
    }
    if output.has_staging_of(imported.head.run) {
        let run = imported.head.run.number();
        let what = format!("outputs of run {run}, which the export holds, are staged here and not published");
        return Err(Error::new(ErrorKind::Usage, what)
            .at(output.folder().display())
            .remedy("give a new --out folder, and keep what is staged")
            .nothing_changed());
    }
    match output.newest_manifest()?.as_ref().map(Manifest::mark) {
        None => Ok(None),
        Some(mark) if mark == imported.mark => Ok(Some(mark.run)),
        Some(mark) => Err(Error::new(
            ErrorKind::Usage,
            format!(
                "the output folder is at run {}, the export was made after run {}, or their histories differ",
                mark.run.number(),
                imported.mark.run.number()
            ),
        )
        .at(output.folder().display())
        .remedy("give a new --out folder")
        .nothing_changed()),
    }
}
