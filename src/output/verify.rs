//! Compares published outputs with their manifests and the ledger.

use super::counts::SessionCounts;
use super::kind::OutputKind;
use super::listing::{Content, Fault, Listing};
use super::manifest::{Manifest, ManifestFile};
use super::paths::{Output, OutputFile, manifest_name};
use super::schema::OutputSchema;
use crate::error::Result;
use crate::ledger::{HeadMark, RunEntry, RunId, RunKind, accepted_missing, active_runs};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Seek};
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
    /// The last run that was pruned; 0 if none was.
    pub pruned: u64,
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
    let manifest_of = |run| match unpublished.filter(|manifest| manifest.run() == run) {
        Some(manifest) => Ok(Some(manifest.clone())),
        None => output.manifest_of(run),
    };
    let pruned = audit.check_pruned(output, entries, marks);
    let first = first_run_here(manifest_of, entries).max(pruned.next());
    let mut expected: BTreeSet<(OutputFile, RunId)> = BTreeSet::new();
    let mut open: Option<(RunId, OutputFile, ManifestFile)> = None;
    for (entry, mark) in entries.iter().zip(marks).filter(|(entry, _)| entry.head.run >= first) {
        let run = entry.head.run;
        let manifest = match manifest_of(run) {
            Ok(Some(manifest)) => manifest,
            Ok(None) => {
                audit.no_manifest(output, run, listing, &accepted);
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
        if manifest.mark() != *mark && entry.kind != RunKind::Lost {
            audit.findings.push(format!("the manifest of run {} belongs to another history", run.number()));
        }
        if active.contains(&run) {
            audit.check_counts(entry, &manifest);
            expected.extend(manifest.outputs().map(|(file, _)| (file, run)));
            audit.check_files(output, entry, &manifest, &accepted);
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
    // What is left of a prune that has ended early is nothing that anybody misses or minds.
    let left = listing.published.iter().filter(|(_, run)| !retracting.contains(run) && *run > pruned);
    audit.orphans(output, left.filter(|published| !expected.contains(published)));
    audit
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

    /// Holds what stands for pruned runs against the ledger; the last of them.
    fn check_pruned(&mut self, output: &Output, entries: &[RunEntry], marks: &[HeadMark]) -> RunId {
        let pruned = match output.pruned() {
            Ok(Some(pruned)) => pruned,
            Ok(None) => return RunId::BEFORE_ALL,
            Err(error) => {
                self.findings.push(error.to_string());
                return RunId::BEFORE_ALL;
            }
        };
        let through = pruned.through();
        let of_them = entries.iter().take_while(|entry| entry.head.run <= through);
        let is_known = of_them.clone().all(|entry| entry.kind != RunKind::Lost);
        if is_known && !pruned.is_of(&marks[..of_them.count()]) {
            let run = through.number();
            self.findings
                .push(format!("the summary of the pruned runs up to run {run} belongs to another history"));
        }
        self.pruned = through.number();
        through
    }

    /// Without its manifest, an output is a file like any other. If no file is left, all outputs of the run were removed.
    fn no_manifest(&mut self, output: &Output, run: RunId, listing: &Listing, accepted: &Accepted<'_>) {
        let gone = if listing.published.iter().any(|(_, of)| *of == run) {
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
            let listed = manifest.rows_of(kind);
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

    /// Reads every file of a run. Its sessions together have the events that the ledger says.
    fn check_files(
        &mut self,
        output: &Output,
        entry: &RunEntry,
        manifest: &Manifest,
        accepted: &Accepted<'_>,
    ) {
        let run = entry.head.run;
        let mut sessions = Some(SessionCounts::default());
        for (file, listed) in manifest.outputs().filter(|(file, _)| file.kind != OutputKind::Open) {
            let path = output.path_of(file, run);
            let checked = self.check_file(output, entry, (file, listed));
            if file.kind == OutputKind::Sessions {
                let found = checked.as_ref().ok().copied().flatten();
                sessions = sessions.zip(found).map(|(sum, found)| sum + found);
            }
            self.book(&path, &listed.path, run, checked.map(drop), accepted);
        }
        let pattern = manifest.patterns_of(OutputKind::Sessions).pop();
        if let (Some(pattern), Some(found)) = (pattern, sessions) {
            self.check_events(&output.folder().join(pattern), entry, found);
        }
    }

    /// Reads one file of a run; how many sessions it has, if that can be told.
    fn check_file(
        &mut self,
        output: &Output,
        entry: &RunEntry,
        (file, listed): (OutputFile, &ManifestFile),
    ) -> Result<Option<SessionCounts>, Fault> {
        let run = entry.head.run;
        let failed = |error: &io::Error| Fault::of(&output.path_of(file, run), error);
        let mut opened = output.open(file, run).map_err(|error| failed(&error))?;
        self.files += 1;
        self.bytes += listed.bytes;
        Content::of(&opened).map_err(|error| failed(&error))?.check(listed)?;
        if file.kind != OutputKind::Sessions {
            return Ok(None);
        }
        opened.rewind().map_err(|error| failed(&error))?;
        let found = count_sessions(file, opened, entry, listed).map_err(Fault::Wrong)?;
        self.sessions += found.map_or(0, SessionCounts::rows);
        Ok(found)
    }

    /// Holds the events of a run's sessions against the ledger.
    fn check_events(&mut self, place: &Path, entry: &RunEntry, found: SessionCounts) {
        let SessionCounts { events_completed: events, events_retracted: retracted, .. } = found;
        let counted = (entry.counts.events_completed, entry.counts.events_retracted);
        if (events, retracted) != counted && entry.kind != RunKind::Lost {
            self.findings.push(format!(
                "{}: its sessions insert {events} events and retract {retracted}; the ledger says {} and {}",
                place.display(),
                counted.0,
                counted.1
            ));
        }
    }

    /// Files with the name of an output that no run published: a reader of the folder would take them for one.
    fn orphans<'l>(&mut self, output: &Output, published: impl Iterator<Item = &'l (OutputFile, RunId)>) {
        for (file, run) in published {
            let path = output.path_of(*file, *run);
            self.findings.push(format!("{}: no active run has published it", path.display()));
        }
    }
}

/// Counts sessions and their events; `None` if this build cannot.
fn count_sessions(
    file: OutputFile,
    opened: File,
    entry: &RunEntry,
    listed: &ManifestFile,
) -> Result<Option<SessionCounts>, String> {
    let definition = &entry.head.definition;
    let schema = OutputSchema::of(definition, &definition.rule_set()?);
    let found = file.form.format.count_sessions(file.form.stored(opened), &schema)?;
    match found.map(SessionCounts::rows).filter(|&rows| rows != listed.rows) {
        Some(rows) => Err(format!("it has {rows} rows, its manifest says {}", listed.rows)),
        None => Ok(found),
    }
}
