//! The content of a checkpoint, for people and machines.

use crate::core::event::{Timestamp, key_parts};
use crate::core::partition::{KeyHash, PartitionId};
use crate::core::reducer::SessionFold;
use crate::core::session::{Session, SessionBatch};
use crate::definition::{Definition, Source, columns_text, gap_text};
use crate::error::Result;
use crate::figures::OpenFigures;
use crate::ledger::{FileEntry, RunEntry, RunKind};
use crate::migrations::checkpoint::CURRENT_VERSION;
use crate::report::{
    DefinitionReport, FileReport, InspectReport, LedgerReport, OpenSessionReport, SourceReport,
};
use crate::run::{Look, kept_runs, origin_text, rule_set, time_text};

/// What to show.
#[derive(Debug, Clone, Default)]
pub struct InspectSettings {
    /// The open sessions.
    pub sessions: bool,
    /// Only those of this key.
    pub key: Option<Vec<u8>>,
    /// The ledger.
    pub runs: bool,
}

/// Inspects a checkpoint. The summary costs a few reads. Open sessions are read from one partition for one key, and from all of
/// them otherwise.
///
/// # Errors
/// [`crate::error::ErrorKind::Checkpoint`] if something that is shown is damaged.
pub fn inspect(look: &Look, settings: &InspectSettings) -> Result<InspectReport> {
    let head = look.checkpoint.head();
    let decided = head.filter(|head| !head.definition.is_undecided());
    let ledger = settings.runs.then(|| ledger(look)).transpose()?;
    // The state of the last run always stands.
    let last_run = last_run(look)?.map(|entry| ledger_report(&entry, true));
    let shows_sessions = settings.sessions || settings.key.is_some();
    let (sessions, open) =
        shows_sessions.then(|| open_sessions(look, settings.key.as_deref())).transpose()?.unzip();
    Ok(InspectReport {
        format_version: CURRENT_VERSION,
        definition: decided.map(|head| definition_report(&head.definition)),
        watermark: head.and_then(|head| time_text(head.watermark.time())),
        watermark_set_by: head.and_then(origin_text),
        runs: head.map_or(0, |head| head.run.number()),
        last_run,
        unpublished_run: look.unpublished_run(),
        sessions_open: head.map_or(0, |head| head.sessions_open),
        keys_open: head.map_or(0, |head| head.keys_open),
        events_open: head.map_or(0, |head| head.events_open),
        oldest_open_start: head.and_then(|head| time_text(head.oldest_open_start)),
        bytes_on_disk: look.files().sum().1,
        sessions,
        ledger,
        open,
    })
}

/// The entry of the last run. Those before it cost as much as there are of them, and are read only where they are shown.
fn last_run(look: &Look) -> Result<Option<RunEntry>> {
    let Some(head) = look.checkpoint.head() else { return Ok(None) };
    match look.checkpoint.run_entry(head.run)? {
        None => look.checkpoint.runs().map(|mut runs| runs.pop()),
        last => Ok(last),
    }
}

fn ledger(look: &Look) -> Result<Vec<LedgerReport>> {
    let runs = look.checkpoint.runs()?;
    let kept = kept_runs(&look.checkpoint, &runs)?;
    Ok(runs.iter().map(|entry| ledger_report(entry, kept.contains(&entry.head.run))).collect())
}

/// The open sessions, and their figures; only those of the key `only`, if it is given.
fn open_sessions(look: &Look, only: Option<&[u8]>) -> Result<(Vec<OpenSessionReport>, OpenFigures)> {
    let mut figures = OpenFigures::default();
    let now = look.checkpoint.head().and_then(|head| head.watermark.time());
    let key_columns = look.checkpoint.head().map_or(1, |head| head.definition.key_names().len());
    let mut found: Vec<(Timestamp, OpenSessionReport)> = Vec::new();
    for_each_open(look, only, |session| {
        figures.add(session.start, session.end, session.event_count, now.unwrap_or(session.start));
        found.push((session.start, open_session(session, key_columns)));
    })?;
    found.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| a.key_parts.cmp(&b.key_parts)));
    Ok((found.into_iter().map(|(_, report)| report).collect(), figures))
}

/// Visits the open sessions with buffered events, as they would be if no further event came; only those of the key `only`, if it
/// is given. Holds one partition at a time.
pub(super) fn for_each_open(
    look: &Look,
    only: Option<&[u8]>,
    mut visit: impl FnMut(&Session<'_>),
) -> Result<()> {
    let Some(head) = look.checkpoint.head() else { return Ok(()) };
    let fold = SessionFold::new(head.definition.gap, rule_set(&head.definition)?, head.event_time());
    for partition in PartitionId::all() {
        if only.is_some_and(|key| KeyHash::of(key).partition() != partition) {
            continue;
        }
        let mut reducer = fold.reducer();
        look.checkpoint.load_partition(partition, &mut reducer)?;
        let mut open = SessionBatch::default();
        reducer.show_open(head.watermark, &mut open);
        open.iter()
            .filter(|session| only.is_none_or(|key| key == session.key))
            .for_each(|session| visit(&session));
    }
    Ok(())
}

fn open_session(session: &Session<'_>, key_columns: usize) -> OpenSessionReport {
    session_report(session.key, key_columns, session.start, session.end, session.event_count)
}

/// A session in a report: its key, its first and last time, its number of events.
pub(super) fn session_report(
    key: &[u8],
    key_columns: usize,
    start: Timestamp,
    end: Timestamp,
    event_count: u64,
) -> OpenSessionReport {
    let key_parts: Vec<Vec<u8>> = key_parts(key, key_columns).map(<[u8]>::to_vec).collect();
    OpenSessionReport {
        key: String::from_utf8_lossy(&key_parts.join(&b","[..])).into_owned(),
        key_parts,
        session_start: start.to_string(),
        session_end: end.to_string(),
        event_count,
    }
}

fn definition_report(definition: &Definition) -> DefinitionReport {
    DefinitionReport {
        gap: gap_text(definition.gap),
        sources: definition.sources.iter().map(source_report).collect(),
        rules: definition.rules.iter().map(|(flag, values)| (flag.name(), values.to_vec())).collect(),
    }
}

fn source_report(source: &Source) -> SourceReport {
    SourceReport {
        name: source.name.clone(),
        key: source.key.iter().map(|column| columns_text(std::slice::from_ref(column))).collect(),
        time: columns_text(&source.time),
        header: match source.header {
            Some(true) => "yes",
            Some(false) => "no",
            None => "auto",
        },
        time_format: source.time_format.clone(),
        timezone: source.timezone.clone(),
        options: source
            .options
            .iter()
            .map(|(name, value)| (name.replace('-', "_"), value.to_owned()))
            .collect(),
    }
}

fn ledger_report(entry: &RunEntry, is_kept: bool) -> LedgerReport {
    let file = |file: &FileEntry| FileReport {
        rows: file.rows,
        known_bytes: file.known_bytes,
        source: file.source.clone(),
        ..FileReport::new(
            file.path.clone(),
            file.digest.to_string(),
            if file.known_bytes == 0 { "processed" } else { "grown" },
        )
    };
    LedgerReport {
        run: entry.head.run.number(),
        kind: entry.kind.name(),
        rolled_back_to: match entry.kind {
            RunKind::Rollback { to } => Some(to.number()),
            _ => None,
        },
        state_kept: is_kept,
        as_of: entry.as_of.to_string(),
        files: entry.files.iter().map(file).collect(),
        rows_read: entry.counts.rows_read,
        events_accepted: entry.counts.events_accepted,
        events_late: entry.counts.events_late,
        rows_rejected: entry.counts.rows_rejected(),
        rows_filtered: entry.counts.rows_filtered,
        sessions_completed: entry.counts.sessions_completed,
        sessions_filtered: entry.counts.sessions_filtered,
        events_filtered: entry.counts.events_filtered,
        watermark: time_text(entry.head.watermark.time()),
        missing_outputs: match &entry.kind {
            RunKind::AcceptMissing { outputs } => outputs.clone(),
            _ => Vec::new(),
        },
        sessions_open: entry.head.sessions_open,
    }
}
