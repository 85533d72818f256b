//! Published outputs, held against their manifests and the ledger.

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

/// What a look at the outputs has found.
#[derive(Debug, Clone, Default)]
pub struct OutputAudit {
    /// Manifests that were read.
    pub manifests: u64,
    /// Files that were read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Rows of completed sessions in them.
    pub sessions: u64,
    /// Outputs that are gone, relative to the output folder. A manifest counts as one where no output of its run is left.
    pub missing: Vec<String>,
    /// How many are gone besides, which a run has recorded as taken away on purpose.
    pub accepted: u64,
    /// What is wrong, in words.
    pub findings: Vec<String>,
}

/// Reads every output of every run that stands; `marks` are the heads that the runs left, `unpublished` is the manifest of
/// a run whose outputs are staged, or in their places already.
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
                // It may have been the last one that has shown what is open: nobody knows.
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
            audit.findings.push(format!("the manifest of run {} speaks of another history", run.number()));
        }
        if active.contains(&run) {
            audit.check_counts(entry, &manifest);
            for (file, listed) in manifest.outputs().filter(|(file, _)| file.kind != OutputKind::Open) {
                expected.insert((file, run));
                audit.check_file(output, entry, (file, listed), &accepted);
            }
        }
        // Each replaces the one before, and a rollback takes away that of a run that it takes back.
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

/// An output folder that was begun by an import has nothing of the runs before it.
fn first_run_here(manifest_of: impl Fn(RunId) -> Result<Option<Manifest>>, entries: &[RunEntry]) -> RunId {
    for entry in entries.iter().rev().filter(|entry| entry.kind == RunKind::Import) {
        let follows = manifest_of(entry.head.run).ok().flatten().map(|manifest| manifest.follows());
        if follows == Some(None) {
            return entry.head.run;
        }
    }
    RunId::new(0)
}

/// Outputs that were recorded as taken away, each with the run that has recorded it.
type Accepted<'e> = BTreeMap<&'e str, RunId>;

impl OutputAudit {
    /// Books what was found of an output of `run`.
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

    /// Without its manifest an output cannot be told from any other file. Where none is left, everything of the run was taken
    /// away.
    fn no_manifest(&mut self, output: &Output, run: RunId, accepted: &Accepted<'_>) {
        let mut files = OutputFile::all().filter(|file| file.kind != OutputKind::Open);
        let gone = if files.any(|file| !is_gone(&output.path_of(file, run))) {
            Fault::Wrong("it is gone, and outputs of its run are not".to_owned())
        } else {
            Fault::Gone
        };
        self.book(&output.manifest_path(run), &manifest_name(run), run, Err(gone), accepted);
    }

    /// Holds the rows of each output against the counts of the ledger.
    fn check_counts(&mut self, entry: &RunEntry, manifest: &Manifest) {
        // The counts of a rollback are those of the runs that it takes back, those of a lost run are not known.
        if matches!(entry.kind, RunKind::Rollback { .. } | RunKind::Lost) {
            return;
        }
        let counts = &entry.counts;
        for kind in OutputKind::ALL {
            let listed = manifest.file_of(kind).map(|file| file.rows);
            let counted = match kind {
                // Sessions and events are only there where they are emitted, late rows may be dropped on purpose.
                OutputKind::Sessions => listed.map(|_| counts.sessions_completed + counts.sessions_retracted),
                OutputKind::Events => listed.map(|_| counts.events_completed),
                OutputKind::Rejects => Some(counts.rows_rejected()),
                OutputKind::Late => listed.map(|_| counts.events_late),
                OutputKind::Open => None,
            };
            if counted.is_some_and(|counted| counted != listed.unwrap_or(0)) {
                let (name, run) = (kind.name(), entry.head.run.number());
                self.findings.push(format!("the {name} of run {run} are not as many as the ledger has"));
            }
        }
    }

    /// Reads one file of a run.
    fn check_file(
        &mut self,
        output: &Output,
        entry: &RunEntry,
        (file, listed): (OutputFile, &ManifestFile),
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
                "its sessions have {events} events and take {retracted} back, the ledger says {} and {}",
                counted.0, counted.1
            ));
        }
        Ok(())
    }

    /// Files with the name of an output that no run has published: whoever reads the folder would take them for one.
    fn orphans<'l>(&mut self, output: &Output, published: impl Iterator<Item = &'l (OutputFile, RunId)>) {
        for (file, run) in published {
            let path = output.path_of(*file, *run);
            self.findings.push(format!("{}: no active run has published it", path.display()));
        }
    }
}
