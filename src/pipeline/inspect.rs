//! What a checkpoint holds, for people and machines.

use super::context::Context;
use super::run::{origin_text, time_text};
use crate::definition::{Definition, Source, columns_text, gap_text};
use crate::error::Result;
use crate::event::{KEY_SEPARATOR, Timestamp};
use crate::ledger::{FileEntry, RunEntry};
use crate::migrations::checkpoint::CURRENT_VERSION;
use crate::partition::{KeyHash, PartitionId};
use crate::reducer::{KeyState, Reducer};
use crate::report::{
    DefinitionReport, FileReport, InspectReport, LedgerReport, OpenSessionReport, SourceReport,
};

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

/// Looks into a checkpoint. The summary costs a few reads; the open sessions are read from one partition for one key, from
/// all of them otherwise.
///
/// # Errors
/// [`crate::error::ErrorKind::Checkpoint`] if something that is shown is damaged.
pub fn inspect(context: &Context, settings: &InspectSettings) -> Result<InspectReport> {
    let runs = context.checkpoint.runs()?;
    let head = context.checkpoint.head();
    let shows_sessions = settings.sessions || settings.key.is_some();
    Ok(InspectReport {
        format_version: CURRENT_VERSION,
        definition: head.map(|head| definition_report(&head.definition)),
        watermark: head.and_then(|head| time_text(head.watermark.time())),
        watermark_set_by: head.and_then(origin_text),
        runs: runs.len() as u64,
        last_run: runs.last().map(ledger_report),
        sessions_open: head.map_or(0, |head| head.sessions_open),
        keys_open: head.map_or(0, |head| head.keys_open),
        events_open: head.map_or(0, |head| head.events_open),
        oldest_open_start: head.and_then(|head| time_text(head.oldest_open_start)),
        bytes_on_disk: context.checkpoint.bytes_on_disk()?,
        sessions: shows_sessions.then(|| open_sessions(context, settings.key.as_deref())).transpose()?,
        ledger: settings.runs.then(|| runs.iter().map(ledger_report).collect()),
    })
}

fn open_sessions(context: &Context, only: Option<&[u8]>) -> Result<Vec<OpenSessionReport>> {
    let Some(head) = context.checkpoint.head() else { return Ok(Vec::new()) };
    let gap = head.definition.gap;
    let mut found: Vec<(Timestamp, OpenSessionReport)> = Vec::new();
    for partition in PartitionId::all() {
        if only.is_some_and(|key| KeyHash::of(key).partition() != partition) {
            continue;
        }
        let mut reducer = Reducer::new(gap);
        context.checkpoint.load_partition(partition, &mut reducer)?;
        reducer.open_state(|state| {
            if only.is_none_or(|key| key == state.key) {
                found.extend(open_session(&state));
            }
        });
    }
    found.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| a.key.cmp(&b.key)));
    Ok(found.into_iter().map(|(_, report)| report).collect())
}

/// A key's open session and its tail as one line; the watermark will decide where the tail belongs.
fn open_session(state: &KeyState<'_>) -> Option<(Timestamp, OpenSessionReport)> {
    let start = state.open.map(|open| open.start).or_else(|| state.tail.first().copied())?;
    let end = state.tail.last().copied().or_else(|| state.open.map(|open| open.last))?;
    let key = key_text(state.key);
    Some((
        start,
        OpenSessionReport { key, start: start.to_string(), end: end.to_string(), events: state.events() },
    ))
}

/// A key for people: parts of a composite key with commas between them.
fn key_text(key: &[u8]) -> String {
    String::from_utf8_lossy(key).replace(char::from(KEY_SEPARATOR), ",")
}

fn definition_report(definition: &Definition) -> DefinitionReport {
    DefinitionReport {
        gap: gap_text(definition.gap),
        sources: definition.sources.iter().map(source_report).collect(),
    }
}

fn source_report(source: &Source) -> SourceReport {
    SourceReport {
        name: source.name.clone(),
        key: source.key.iter().map(|column| columns_text(std::slice::from_ref(column))).collect(),
        time: columns_text(std::slice::from_ref(&source.time)),
        header: match source.header {
            Some(true) => "yes",
            Some(false) => "no",
            None => "auto",
        },
        delimiter: char::from(source.delimiter).to_string(),
        time_format: source.time_format.clone(),
        timezone: source.timezone.clone(),
    }
}

fn ledger_report(entry: &RunEntry) -> LedgerReport {
    let file = |file: &FileEntry| FileReport {
        path: file.path.clone(),
        digest: file.digest.to_string(),
        rows: file.rows,
        status: "processed",
    };
    LedgerReport {
        run: entry.head.run.number(),
        kind: entry.kind.name(),
        as_of: entry.as_of.to_string(),
        files: entry.files.iter().map(file).collect(),
        rows_read: entry.counts.rows_read,
        events_accepted: entry.counts.events_accepted,
        events_late: entry.counts.events_late,
        rows_rejected: entry.counts.rows_rejected(),
        sessions_completed: entry.counts.sessions_completed,
        watermark: time_text(entry.head.watermark.time()),
    }
}
