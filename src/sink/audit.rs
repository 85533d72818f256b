//! Published outputs, held against their manifests and the ledger.

use super::manifest::{Manifest, ManifestFile};
use super::publish::Output;
use super::stage::OutputKind;
use crate::error::Result;
use crate::ledger::{HeadMark, RunEntry, RunId, RunKind, standing};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek};
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
    /// In words.
    pub findings: Vec<String>,
}

/// What lay in the places of outputs at one moment: later runs change these names while the rest is read.
#[derive(Debug, Clone)]
pub struct Listing {
    /// By the number of the kind.
    published: Vec<(usize, RunId)>,
    /// The length and the digest of the one file that each run replaces.
    open_view: std::result::Result<(u64, u128), String>,
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
        let open_view = open_view.map_err(|error| format!("it cannot be read: {error}"));
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
    let standing = standing(entries);
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
                audit.findings.push(format!("run {} has no manifest", run.number()));
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
        if standing.contains(&run) {
            expected.extend(audit.run(output, entry, &manifest));
        }
        // Each replaces the one before, and a rollback takes away that of a run that it takes back.
        let shown = manifest.file_of(OutputKind::Open).map(|file| (run, file.clone()));
        let stands = |by: RunId| !matches!(entry.kind, RunKind::Rollback { to } if by > to);
        open = shown.or(open.filter(|(by, _)| stands(*by)));
    }
    if let Some((_, listed)) = open {
        let path = output.path_of(OutputKind::Open, RunId::new(0));
        let found = listing.open_view.clone().and_then(|found| check_digest(found, &listed));
        audit.findings.extend(found.err().map(|wrong| format!("{}: {wrong}", path.display())));
    }
    let retracting: BTreeSet<RunId> = unpublished.into_iter().flat_map(Manifest::retracts).collect();
    let strangers = listing.published.iter();
    audit.strangers(output, strangers.filter(|(_, run)| !retracting.contains(run)), &expected);
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

impl OutputAudit {
    /// Reads the files of one run; returns what it has published.
    fn run(&mut self, output: &Output, entry: &RunEntry, manifest: &Manifest) -> Vec<(usize, RunId)> {
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
            let opened = output.open(kind, run).map_err(|error| format!("it cannot be read: {error}"));
            let checked = opened.and_then(|mut file| {
                check_file(&file, listed)?;
                file.rewind().map_err(|error| error.to_string())?;
                if kind == OutputKind::Sessions { self.sessions(file, entry, listed) } else { Ok(()) }
            });
            self.files += 1;
            self.bytes += listed.bytes;
            self.findings.extend(checked.err().map(|wrong| format!("{}: {wrong}", path.display())));
        }
        published
    }

    /// Counts sessions and their events.
    fn sessions(
        &mut self,
        file: File,
        entry: &RunEntry,
        listed: &ManifestFile,
    ) -> std::result::Result<(), String> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(io::BufReader::new(file));
        // Where sessions are correctable, a row takes one back or tells it.
        let with_op =
            usize::from(entry.head.definition.rule_set().is_ok_and(|rules| rules.retain_us().is_some()));
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
    fn strangers<'l>(
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

fn check_file(file: &File, listed: &ManifestFile) -> std::result::Result<(), String> {
    let found = digest_of(file).map_err(|error| format!("it cannot be read: {error}"))?;
    check_digest(found, listed)
}

fn check_digest((bytes, digest): (u64, u128), listed: &ManifestFile) -> std::result::Result<(), String> {
    if bytes != listed.bytes {
        return Err(format!("it has {bytes} bytes, its manifest says {}", listed.bytes));
    }
    if format!("{digest:032x}") != listed.digest {
        return Err("its digest is not that of its manifest".to_owned());
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
