//! Published outputs, held against their manifests and the ledger.

use super::manifest::{Manifest, ManifestFile};
use super::publish::{Output, is_gone, manifest_name};
use super::stage::OutputKind;
use crate::error::Result;
use crate::ledger::{HeadMark, RunEntry, RunId, RunKind, accepted_missing, active_runs};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use xxhash_rust::xxh3::Xxh3;

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

/// What there is to say of a file that was published.
#[derive(Debug, Clone)]
enum Fault {
    /// Nothing has its name.
    Gone,
    /// It is not what was published.
    Wrong(String),
}

/// What lay in the places of outputs at one moment: later runs change these names while the rest is read.
#[derive(Debug, Clone)]
pub struct Listing {
    /// By the number of the kind.
    published: Vec<(usize, RunId)>,
    /// The length and the digest of the one file that each run replaces.
    open_view: Result<(u64, u128), Fault>,
}

impl Listing {
    /// Lists the places, and reads what is open; `unpublished` is the manifest of a run that is still to come to its places.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if a folder cannot be read.
    pub fn of(output: &Output, unpublished: Option<&Manifest>) -> Result<Self> {
        let mut published = Vec::new();
        for (number, kind) in OutputKind::ALL.into_iter().enumerate() {
            published.extend(output.published_runs(kind)?.into_iter().map(|run| (number, run)));
        }
        let run = unpublished.and_then(Manifest::mark).map_or(RunId::new(0), |mark| mark.run);
        let open_view = output.open(OutputKind::Open, run).and_then(digest_of);
        let place = output.path_of(OutputKind::Open, run);
        let open_view = open_view.map_err(|error| fault_of(&place, &error));
        Ok(Self { published, open_view })
    }
}

/// Columns between the key and the number of events of a session.
const COLUMNS_BEFORE_EVENTS: usize = 3;

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
    let mut expected: BTreeSet<(usize, RunId)> = BTreeSet::new();
    let mut open: Option<(RunId, ManifestFile)> = None;
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
            expected.extend(audit.run(output, entry, &manifest, &accepted));
        }
        // Each replaces the one before, and a rollback takes away that of a run that it takes back.
        let shown = manifest.file_of(OutputKind::Open).map(|file| (run, file.clone()));
        let stands = |by: RunId| !matches!(entry.kind, RunKind::Rollback { to } if by > to);
        open = shown.or(open.filter(|(by, _)| stands(*by)));
    }
    if let Some((run, listed)) = open {
        let path = output.path_of(OutputKind::Open, run);
        let found = listing.open_view.clone().and_then(|found| check_digest(found, &listed));
        audit.book(&path, &listed.path, run, found, &accepted);
    }
    let retracting: BTreeSet<RunId> = unpublished.into_iter().flat_map(Manifest::retracts).collect();
    let orphans = listing.published.iter();
    audit.orphans(output, orphans.filter(|(_, run)| !retracting.contains(run)), &expected);
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
        let kinds = OutputKind::ALL.into_iter().filter(|&kind| kind != OutputKind::Open);
        let is_left = |kind| !is_gone(&output.path_of(kind, run));
        let gone = if kinds.into_iter().any(is_left) {
            Fault::Wrong("it is gone, and outputs of its run are not".to_owned())
        } else {
            Fault::Gone
        };
        self.book(&output.manifest_path(run), &manifest_name(run), run, Err(gone), accepted);
    }

    /// Reads the files of one run; returns what it has published.
    fn run(
        &mut self,
        output: &Output,
        entry: &RunEntry,
        manifest: &Manifest,
        accepted: &Accepted<'_>,
    ) -> Vec<(usize, RunId)> {
        let run = entry.head.run;
        let mut published = Vec::new();
        for (number, kind) in OutputKind::ALL.into_iter().enumerate() {
            let listed = manifest.files.iter().find(|file| file.path == kind.path_of(run));
            let counted = match kind {
                // Its counts are those of the runs that it takes back, or are not known.
                _ if matches!(entry.kind, RunKind::Rollback { .. } | RunKind::Lost) => None,
                // Sessions and events are only there where they are emitted, late rows may be dropped on purpose.
                OutputKind::Sessions => {
                    listed.map(|_| entry.counts.sessions_completed + entry.counts.sessions_retracted)
                }
                OutputKind::Events => listed.map(|_| entry.counts.events_completed),
                OutputKind::Rejects => Some(entry.counts.rows_rejected()),
                OutputKind::Late => listed.map(|_| entry.counts.events_late),
                OutputKind::Open => None,
            };
            if counted.is_some_and(|counted| counted != listed.map_or(0, |file| file.rows)) {
                let name = kind.name();
                self.findings
                    .push(format!("the {name} of run {} are not as many as the ledger has", run.number()));
            }
            // What is open is one file that the next run replaces: it is looked at in the end.
            let Some(listed) = listed.filter(|_| kind != OutputKind::Open) else { continue };
            published.push((number, run));
            let path = output.path_of(kind, run);
            let opened = output.open(kind, run).map_err(|error| fault_of(&path, &error));
            let checked = opened.and_then(|mut file| {
                self.files += 1;
                self.bytes += listed.bytes;
                let found = digest_of(&file).map_err(|error| fault_of(&path, &error))?;
                check_digest(found, listed)?;
                file.rewind().map_err(|error| fault_of(&path, &error))?;
                match kind {
                    OutputKind::Sessions => self.sessions(file, entry, listed).map_err(Fault::Wrong),
                    _ => Ok(()),
                }
            });
            self.book(&path, &listed.path, run, checked, accepted);
        }
        published
    }

    /// Counts sessions and their events.
    fn sessions(&mut self, file: File, entry: &RunEntry, listed: &ManifestFile) -> Result<(), String> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(io::BufReader::new(file));
        // Where sessions are correctable, a row takes one back or tells it.
        let with_op = usize::from(
            entry.head.definition.rule_set().is_ok_and(|rules| rules.allowed_lateness_us().is_some()),
        );
        let column = with_op + 1 + entry.head.definition.key_names().len() + COLUMNS_BEFORE_EVENTS;
        let (mut rows, mut events, mut retracted) = (0, 0, 0);
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(|error| error.to_string())? {
            let text = record.get(column).and_then(|field| std::str::from_utf8(field).ok());
            let count: Option<u64> = text.and_then(|text| text.parse().ok());
            let takes_back = with_op == 1 && record.get(0) == Some(b"retract");
            *if takes_back { &mut retracted } else { &mut events } +=
                count.ok_or("a row has no number of events")?;
            rows += 1;
        }
        self.sessions += rows;
        if rows != listed.rows {
            return Err(format!("it has {rows} rows, its manifest says {}", listed.rows));
        }
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
    fn orphans<'l>(
        &mut self,
        output: &Output,
        published: impl Iterator<Item = &'l (usize, RunId)>,
        expected: &BTreeSet<(usize, RunId)>,
    ) {
        for (number, run) in published.filter(|published| !expected.contains(published)) {
            let path = output.path_of(OutputKind::ALL[*number], *run);
            self.findings.push(format!("{}: no run that stands has published it", path.display()));
        }
    }
}

/// Why an output could not be read.
fn fault_of(place: &Path, error: &io::Error) -> Fault {
    if error.kind() == io::ErrorKind::NotFound && is_gone(place) {
        Fault::Gone
    } else {
        Fault::Wrong(format!("it cannot be read: {error}"))
    }
}

fn check_digest((bytes, digest): (u64, u128), listed: &ManifestFile) -> Result<(), Fault> {
    if bytes != listed.bytes {
        return Err(Fault::Wrong(format!("it has {bytes} bytes, its manifest says {}", listed.bytes)));
    }
    if format!("{digest:032x}") != listed.digest {
        return Err(Fault::Wrong("its digest is not that of its manifest".to_owned()));
    }
    Ok(())
}

fn digest_of(mut file: impl Read) -> io::Result<(u64, u128)> {
    let mut hash = Xxh3::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok((bytes, hash.digest128()));
        }
        hash.update(&buffer[..count]);
        bytes += count as u64;
    }
}
