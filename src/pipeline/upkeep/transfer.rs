//! A checkpoint as text, and text as a checkpoint.
#![expect(clippy::disallowed_methods, reason = "reads and writes the file of an export")]

use super::settle::{head_with, report, stage_nothing};
use crate::checkpoint::{
    Checkpoint, Imported, Lock, LockHolder, Loss, StagedState, Survey, head_digest, read_export,
};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Counts, Head, RunEntry, RunId, RunKind};
use crate::pipeline::commit::check_balance;
use crate::pipeline::look::{Look, Opening};
use crate::pipeline::{Context, Watch};
use crate::report::{ExportReport, UpkeepReport};
use crate::settings::CommonSettings;
use crate::sink::{Manifest, Output};
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

/// Writes the checkpoint as lines of JSON to `file`, which must not be there yet. With `salvage` it goes on where something
/// cannot be read, and reports what was lost.
///
/// # Errors
/// [`ErrorKind::Checkpoint`] for damage, unless it is a salvage; [`ErrorKind::Failed`] if the file cannot be written.
pub fn export_state(
    common: &CommonSettings,
    file: &Path,
    salvage: bool,
    watch: &Watch,
) -> Result<ExportReport> {
    let failed = |error: std::io::Error| Error::io(ErrorKind::Failed, "write the export", file, &error);
    let mut losses = Vec::new();
    let look = if salvage {
        let (mut look, after) = Look::with(common, watch, Opening::Damaged, |look| Ok(outputs_after(look)))?;
        losses.extend(look.damages.drain(..).chain(after));
        look
    } else {
        Look::at_existing(common, watch)?
    };
    watch.let_go()?;
    let created = File::create_new(file).map_err(failed)?;
    let mut out = BufWriter::new(created);
    let loss = if salvage { Loss::Accepted } else { Loss::Refused };
    let line = |line: String| out.write_all((line + "\n").as_bytes()).map_err(failed);
    let exported = look.checkpoint.export(loss, losses, line)?;
    out.flush().and_then(|()| out.get_ref().sync_all()).map_err(failed)?;
    Ok(ExportReport {
        run: exported.run,
        runs: exported.runs,
        files: exported.files,
        events: exported.events,
        losses: exported.losses,
    })
}

/// Says so if the output folder knows of later runs than the checkpoint.
fn outputs_after(look: &Look) -> Option<String> {
    let run = look.checkpoint.head()?.run;
    let published = look.output.newest_manifest().ok()??.mark()?.run;
    (published > run).then(|| {
        format!(
            "the checkpoint is at run {}, its output at run {}: outputs of later runs must not be used beside what follows",
            run.number(),
            published.number()
        )
    })
}

/// Makes a new checkpoint of an export. The output folder is a new one, or the one that belongs to the export: the import is
/// the run that follows there.
///
/// # Errors
/// [`ErrorKind::DataRefused`] if the file is no whole export, [`ErrorKind::Usage`] if state or output hold something else.
pub fn import_state(common: &CommonSettings, file: &Path) -> Result<UpkeepReport> {
    let opened =
        File::open(file).map_err(|error| Error::io(ErrorKind::NoInput, "read the export", file, &error))?;
    let imported = read_export(BufReader::new(opened)).map_err(|(line, wrong)| {
        Error::new(ErrorKind::DataRefused, format!("this is no whole export: {wrong}"))
            .at(format!("{}:{line}", file.display()))
            .remedy("export again; nothing was changed")
    })?;
    let holder = LockHolder { process: std::process::id(), since: common.as_of };
    let lock = Lock::take(&common.state, holder, common.wait)?;
    let mut checkpoint = Checkpoint::open(&common.state)?;
    if checkpoint.head().is_some() {
        drop((checkpoint, lock));
        return imported_before(common, &imported);
    }
    let output = Output::at(common.out.clone());
    let published = published(&output, &imported)?;
    let head = head_after(&imported, (checkpoint.stage_import(&imported)?, imported.survey));
    let counts = Counts {
        events_open_before: imported.head.events_open,
        events_open_after: head.events_open,
        events_removed: imported.head.events_open.saturating_sub(head.events_open),
        ..Counts::default()
    };
    let entry = RunEntry { kind: RunKind::Import, as_of: common.as_of, files: Vec::new(), counts, head };
    check_balance(entry.check_identity())?;
    let complete = |manifest: Manifest| manifest.following(published);
    let manifest = stage_nothing(&output, &entry.head, head_digest(&entry.head), complete)?;
    checkpoint.commit_import(&imported, &entry)?;
    output.publish(entry.head.run, &manifest)?;
    Ok(report(&entry.head, Some(&entry)))
}

fn head_after(imported: &Imported, state: (StagedState, Survey)) -> Head {
    let head = head_with(&imported.head, imported.head.run.next(), state);
    Head { known_files: imported.known_files, ..head }
}

/// What is to be done where there is a checkpoint already: nothing, if it is the import of this very file. It may have died
/// after its commit, and is then published now.
fn imported_before(common: &CommonSettings, imported: &Imported) -> Result<UpkeepReport> {
    let context = Context::open(common)?;
    if let Some(head) = context.checkpoint.head() {
        let staged =
            StagedState { generation: head.generation, chunks: head.chunks, digest: head.state_digest };
        if *head == head_after(imported, (staged, imported.survey)) {
            return Ok(report(head, None));
        }
    }
    Err(Error::new(ErrorKind::Usage, "there is a checkpoint here already")
        .at(common.state.display())
        .remedy("import into a new --state folder; nothing was changed"))
}

/// The newest run of the output folder, which must be the one that was exported, if it has any.
fn published(output: &Output, imported: &Imported) -> Result<Option<RunId>> {
    if output.has_staging_of(imported.head.run) {
        let run = imported.head.run.number();
        let what = format!("outputs of run {run}, which the export holds, are staged here and not published");
        return Err(Error::new(ErrorKind::Usage, what)
            .at(output.folder().display())
            .remedy("give a new --out folder, and keep what is staged; nothing was changed"));
    }
    match output.newest_manifest()?.as_ref().and_then(Manifest::mark) {
        None => Ok(None),
        Some(mark) if mark == imported.mark => Ok(Some(mark.run)),
        Some(mark) => Err(Error::new(
            ErrorKind::Usage,
            format!(
                "the output folder is at run {}, the export was made after run {}, or they are of different histories",
                mark.run.number(),
                imported.mark.run.number()
            ),
        )
        .at(output.folder().display())
        .remedy("give a new --out folder; nothing was changed")),
    }
}
