//! Compares published outputs with their manifests and the ledger.

use super::counts::SessionCounts;
use super::kind::OutputKind;
use super::listing::{Content, Fault, Listing};
use super::manifest::{Manifest, ManifestFile};
use super::paths::{Output, OutputFile, manifest_name};
use super::published::is_gone;
use super::schema::OutputSchema;
use crate::error::Result;
use crate::ledger::{HeadMark, RunEntry, RunId, RunKind, accepted_missing, active_runs};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Seek;
use std::path::Path;

/// The result of a verification of outputs.
#[derive(Debug, Clone, Default)]
pub struct OutputAudit {
    /// The manifests read.
    pub manifests: u64,
    /// The files read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The rows of completed sessions in them.
    pub sessions: u64,
    /// Missing outputs, relative to the output folder. A manifest is missing if no output of its run exists.
    pub missing: Vec<String>,
    /// How many other outputs are missing that a run recorded as removed on purpose.
    pub accepted: u64,
    /// What is wrong, as text.
    pub findings: Vec<String>,
}

/// Reads every output of every active run. `marks` are the heads after the runs. `unpublished` is the manifest of a run whose
/// outputs are staged or partly published.
pub fn audit_output(
    output: &Output,
    entries: &[RunEntry],
    marks: &[HeadMark],
    listing: &Listing,
    unpublished: Option<&Manifest>,
) -> OutputAudit {
    let mut audit = OutputAudit::default();
    let active = active_runs(entries);
    let accepted = accepted_missing(entries);
    let manifest_of = |run| match unpublished.filter(|manifest| is_of(manifest, run)) {
        Some(manifest) => Ok(Some(manifest.clone())),
        None => output.manifest_of(run),
    };
    let first = first_run_here(manifest_of, entries);
    let mut expected: BTreeSet<(OutputFile, RunId)> = BTreeSet::new();
    let mut open: Option<(RunId, OutputFile, ManifestFile)> = None;
    for (entry, mark) in entries.iter().zip(marks).filter(|(entry, _)| entry.head.run >= first) {
        let run = entry.head.run;
        let manifest = match manifest_of(run) {
            Ok(Some(manifest)) => manifest,
            Ok(None) => {
                audit.no_manifest(output, run, &accepted);
                // It may have been the last one with a view of open sessions: this is unknown.
                open = None;
                continue;
            }
            Err(error) => {
                audit.findings.push(error.to_string());
                continue;
            }
        };
        audit.manifests += 1;
        if manifest.mark() != Some(*mark) && entry.kind != RunKind::Lost {
            audit.findings.push(format!("the manifest of run {} belongs to another history", run.number()));
        }
        if active.contains(&run) {
            audit.check_counts(entry, &manifest);
            for (file, listed) in manifest.outputs().filter(|(file, _)| file.kind != OutputKind::Open) {
                expected.insert((file, run));
                audit.check_file(output, entry, file, listed, &accepted);
            }
        }
        // Each view replaces the previous one, and a rollback removes the view of a run that it undoes.
        let mut shown = manifest.outputs().filter(|(file, _)| file.kind == OutputKind::Open);
        let stands = |by: RunId| !matches!(entry.kind, RunKind::Rollback { to } if by > to);
        let before = open.filter(|(by, ..)| stands(*by));
        open = shown.next().map(|(view, listed)| (run, view, listed.clone())).or(before);
    }
    if let Some((run, view, listed)) = open {
        let found = listing.check_view(view, &listed);
        audit.book(&output.path_of(view, run), &listed.path, run, found, &accepted);
    }
    let retracting: BTreeSet<RunId> = unpublished.into_iter().flat_map(Manifest::retracts).collect();
    let left = listing.published.iter().filter(|(_, run)| !retracting.contains(run));
    audit.orphans(output, left.filter(|published| !expected.contains(published)));
    audit
}

fn is_of(manifest: &Manifest, run: RunId) -> bool {
    manifest.mark().is_some_and(|mark| mark.run == run)
}

/// An output folder that began with an import has no outputs of the runs before it.
fn first_run_here(manifest_of: impl Fn(RunId) -> Result<Option<Manifest>>, entries: &[RunEntry]) -> RunId {
    for entry in entries.iter().rev().filter(|entry| entry.kind == RunKind::Import) {
        let follows = manifest_of(entry.head.run).ok().flatten().map(|manifest| manifest.follows());
        if follows == Some(None) {
            return entry.head.run;
        }
    }
    RunId::new(0)
}

/// The outputs recorded as removed, each with the run that recorded it.
type Accepted<'e> = BTreeMap<&'e str, RunId>;

impl OutputAudit {
    /// Records the result for an output of `run`.
    fn book(
        &mut self,
        place: &Path,
        output: &str,
        run: RunId,
        checked: Result<(), Fault>,
        accepted: &Accepted<'_>,
    ) {
        match checked {
            Ok(()) => {}
            Err(Fault::Wrong(wrong)) => self.findings.push(format!("{}: {wrong}", place.display())),
            Err(Fault::Gone) if accepted.get(output).is_some_and(|&by| by > run) => self.accepted += 1,
            Err(Fault::Gone) => self.missing.push(output.to_owned()),
        }
    }

    /// Without its manifest, an output is a file like any other. If no file is left, all outputs of the run were removed.
    fn no_manifest(&mut self, output: &Output, run: RunId, accepted: &Accepted<'_>) {
        let mut files = OutputFile::all().filter(|file| file.kind != OutputKind::Open);
        let gone = if files.any(|file| !is_gone(&output.path_of(file, run))) {
            Fault::Wrong("it is missing, but other outputs of its run exist".to_owned())
        } else {
            Fault::Gone
        };
        self.book(&output.manifest_path(run), &manifest_name(run), run, Err(gone), accepted);
    }

    /// Compares the rows of each output with the counts of the ledger.
    fn check_counts(&mut self, entry: &RunEntry, manifest: &Manifest) {
        // The counts of a rollback are those of the runs that it undoes; those of a lost run are unknown.
        if matches!(entry.kind, RunKind::Rollback { .. } | RunKind::Lost) {
            return;
        }
        let counts = &entry.counts;
        for kind in OutputKind::ALL {
            let listed = manifest.file_of(kind).map(|file| file.rows);
            let counted = match kind {
                // Sessions and events exist only if they are emitted, and late rows may be dropped on purpose.
                OutputKind::Sessions => listed.map(|_| counts.sessions_completed + counts.sessions_retracted),
                OutputKind::Events => listed.map(|_| counts.events_completed),
                OutputKind::Rejects => Some(counts.rows_rejected()),
                OutputKind::Late => listed.map(|_| counts.events_late),
                OutputKind::Open => None,
            };
            if counted.is_some_and(|counted| counted != listed.unwrap_or(0)) {
                let (name, run) = (kind.name(), entry.head.run.number());
                self.findings.push(format!("the number of {name} of run {run} differs from the ledger"));
            }
        }
    }

    /// Reads one file of a run.
    fn check_file(
        &mut self,
        output: &Output,
        entry: &RunEntry,
        file: OutputFile,
        listed: &ManifestFile,
        accepted: &Accepted<'_>,
    ) {
        let run = entry.head.run;
        let path = output.path_of(file, run);
        let checked =
            output.open(file, run).map_err(|error| Fault::of(&path, &error)).and_then(|mut opened| {
                self.files += 1;
                self.bytes += listed.bytes;
                Content::of(&opened).map_err(|error| Fault::of(&path, &error))?.check(listed)?;
                opened.rewind().map_err(|error| Fault::of(&path, &error))?;
                match file.kind {
                    OutputKind::Sessions => {
                        self.check_sessions(file, opened, entry, listed).map_err(Fault::Wrong)
                    }
                    _ => Ok(()),
                }
            });
        self.book(&path, &listed.path, run, checked, accepted);
    }

    /// Counts sessions and their events.
    fn check_sessions(
        &mut self,
        file: OutputFile,
        opened: File,
        entry: &RunEntry,
        listed: &ManifestFile,
    ) -> Result<(), String> {
        let definition = &entry.head.definition;
        let schema = OutputSchema::of(definition, &definition.rule_set()?);
        let Some(found) = file.format.count_sessions(opened, &schema)? else { return Ok(()) };
        self.sessions += found.rows();
        if found.rows() != listed.rows {
            return Err(format!("it has {} rows, its manifest says {}", found.rows(), listed.rows));
        }
        let SessionCounts { events_completed: events, events_retracted: retracted, .. } = found;
        let counted = (entry.counts.events_completed, entry.counts.events_retracted);
        if (events, retracted) != counted && entry.kind != RunKind::Lost {
            return Err(format!(
                "its sessions insert {events} events and retract {retracted}; the ledger says {} and {}",
                counted.0, counted.1
            ));
        }
        Ok(())
    }

    /// Files with the name of an output that no run published: a reader of the folder would take them for one.
    fn orphans<'l>(&mut self, output: &Output, published: impl Iterator<Item = &'l (OutputFile, RunId)>) {
        for (file, run) in published {
            let path = output.path_of(*file, *run);
            self.findings.push(format!("{}: no active run has published it", path.display()));
        }
    }
}
