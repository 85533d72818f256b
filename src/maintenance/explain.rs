//! One session explained: its events, why it began, why it ended.

use super::history::{FoundSession, History};
use super::inspect::{for_each_open, session_report};
use super::reasons::{
    IN_ITS_PLACE, KEPT, NO_EVENTS, events_gone, events_not_kept, retracted, rolled_back, why_began,
    why_ended, why_open,
};
use super::session_rows::text;
use crate::core::event::Values;
use crate::core::session::{CloseReason, Session};
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::RunId;
use crate::output::{OutputKind, PublishedFile, StoredValue};
use crate::report::{ExplainReport, OpenSessionReport};
use crate::run::{Cancellation, Look, rule_set};

/// Explains the session with this id, in lower case. Reads the open state, and the outputs of sessions twice.
///
/// # Errors
/// [`ErrorKind::Usage`] if no session has the id, [`ErrorKind::Checkpoint`] for a damaged checkpoint, [`ErrorKind::Failed`] if it is
/// interrupted.
pub fn explain(look: &Look, id: &str, cancellation: &Cancellation) -> Result<ExplainReport> {
    let runs = look.checkpoint.runs()?;
    let history = History::new(look, &runs, cancellation);
    let Some(head) = look.checkpoint.head() else { return Err(unknown(id, &history)) };
    let definition = &head.definition;
    let published = history.find(id, true)?;
    let stands = published.as_ref().is_some_and(|found| !found.is_retracted);
    if let Some(open) = if stands { None } else { find_open(look, id)? } {
        return explain_open(&history, definition, open);
    }
    match published {
        Some(found) => explain_published(&history, definition, found),
        None => match history.find(id, false)? {
            Some(found) => explain_published(&history, definition, found),
            None => Err(unknown(id, &history)),
        },
    }
}

fn unknown(id: &str, history: &History<'_>) -> Error {
    let has_rows = |definition: &Definition| rule_set(definition).is_ok_and(|rules| rules.emit().sessions);
    let pruned = history.look.output.pruned().ok().flatten().map(|pruned| pruned.through());
    let error = Error::new(ErrorKind::Usage, format!("no session has the id {id}"));
    match pruned {
        _ if !history.look.checkpoint.head().is_none_or(|head| has_rows(&head.definition)) => error.remedy(
            "this checkpoint has --emit events, so a completed session has no row of its own: look for the id in the outputs of events",
        ),
        Some(through) => error.remedy(format!(
            "the outputs of the runs up to {} were pruned: it may have been one of theirs, so look in what a follower has, or in a backup",
            through.number()
        )),
        None if history.lacks_outputs() => error.remedy(
            "some outputs are no longer here, and it may be in one of them: sessionize verify lists what is missing",
        ),
        None => error.remedy("take the id from the column session_id of the outputs, of this --state and --out"),
    }
}

/// An open session, with its events if they are kept.
struct OpenSession {
    id: String,
    found: FoundSession,
    reason: CloseReason,
    events: Vec<Vec<String>>,
}

fn find_open(look: &Look, id: &str) -> Result<Option<OpenSession>> {
    let mut found = None;
    for_each_open(look, None, |session| {
        if session.id().to_string() == id {
            found = Some(OpenSession::of(session));
        }
    })?;
    Ok(found)
}

impl OpenSession {
    fn of(session: &Session<'_>) -> Self {
        let texts = |event: Values<'_>| {
            event.iter().map(|value| String::from_utf8_lossy(value).into_owned()).collect()
        };
        let id = session.id().to_string();
        Self {
            id: id.clone(),
            found: FoundSession {
                run: RunId::BEFORE_ALL,
                id,
                key: session.key.to_vec(),
                start: session.start,
                end: session.end,
                event_count: session.event_count,
                close_reason: session.close_reason.name().to_owned(),
                is_retracted: false,
            },
            reason: session.close_reason,
            events: session.events().map(texts).collect(),
        }
    }
}

fn explain_open(history: &History<'_>, definition: &Definition, open: OpenSession) -> Result<ExplainReport> {
    let watermark = history.look.checkpoint.head().and_then(|head| head.watermark.time());
    let ended = why_open(definition, open.found.end, open.reason, watermark);
    let columns = definition.event_columns.clone().filter(|_| !open.events.is_empty());
    let events_from = match columns {
        Some(_) => KEPT.to_owned(),
        None => not_kept(definition),
    };
    let before = before(history, &open.found)?;
    Ok(ExplainReport {
        session_id: open.id,
        status: "open",
        run: None,
        began: why_began(definition, open.found.start, before.as_ref()),
        ended,
        previous_session_id: before.map(|before| before.id),
        events: columns.is_some().then_some(open.events),
        event_columns: columns,
        events_from,
        session: report_of(definition, &open.found),
        close_reason: open.found.close_reason,
    })
}

fn explain_published(
    history: &History<'_>,
    definition: &Definition,
    found: FoundSession,
) -> Result<ExplainReport> {
    let entry = history.entry(found.run);
    // A run is explained by the definition that it had.
    let definition = entry.map_or(definition, |entry| &entry.head.definition);
    let run = found.run.number();
    let (status, ended) = match (history.undone_by(found.run), found.is_retracted) {
        (Some(by), _) => ("rolled-back", rolled_back(run, by.number())),
        (None, true) => ("retracted", retracted(run)),
        (None, false) => ("completed", why_ended(definition, &found, entry)),
    };
    let before = before(history, &found)?;
    let events = if found.is_retracted { None } else { read_events(history, &found)? };
    let events_from = match &events {
        Some((from, ..)) => from.clone(),
        None if found.is_retracted => IN_ITS_PLACE.to_owned(),
        None if writes_events(definition) => events_gone(run),
        None => not_kept(definition),
    };
    let (event_columns, events) = events.map(|(_, columns, rows)| (columns, rows)).unzip();
    Ok(ExplainReport {
        session_id: found.id.clone(),
        status,
        run: Some(run),
        began: why_began(definition, found.start, before.as_ref()),
        ended,
        previous_session_id: before.map(|before| before.id),
        event_columns,
        events,
        events_from,
        session: report_of(definition, &found),
        close_reason: found.close_reason,
    })
}

fn report_of(definition: &Definition, found: &FoundSession) -> OpenSessionReport {
    let key_columns = definition.key_names().len();
    session_report(&found.key, key_columns, found.start, found.end, found.event_count)
}

/// The session of the key before this one, of those in the outputs.
fn before(history: &History<'_>, found: &FoundSession) -> Result<Option<FoundSession>> {
    let sessions = history.sessions_of(&found.key)?;
    // Of the sessions with one start, the one that has events at that instant only comes first.
    let is_before =
        |other: &FoundSession| other.id != found.id && (other.start, other.end) <= (found.start, found.end);
    Ok(sessions.into_iter().rfind(is_before))
}

fn writes_events(definition: &Definition) -> bool {
    rule_set(definition).is_ok_and(|rules| rules.emit().events)
}

fn not_kept(definition: &Definition) -> String {
    if writes_events(definition) { NO_EVENTS.to_owned() } else { events_not_kept(definition) }
}

/// Where the events of a session are, their columns, and the values of each.
type EventsOfSession = (String, Vec<String>, Vec<Vec<String>>);

/// The events of a session, from the output of its run; `None` if there is none.
fn read_events(history: &History<'_>, found: &FoundSession) -> Result<Option<EventsOfSession>> {
    let Some(manifest) = history.manifest_of(found.run) else { return Ok(None) };
    for file in history.look.output.open_each(&manifest, OutputKind::Events).flatten() {
        let (path, columns) = (file.path().display().to_string(), names_of(&file));
        let id = columns.len();
        let mut events = Vec::new();
        file.rows(&mut |row| {
            if row.get(id).and_then(text) == Some(found.id.as_bytes()) {
                events.push(row[..id].iter().map(text_of).collect());
            }
            Ok(())
        })?;
        if !events.is_empty() {
            return Ok(Some((path, columns, events)));
        }
    }
    Ok(None)
}

/// The columns of the events themselves: those before the id of the session.
fn names_of(file: &PublishedFile) -> Vec<String> {
    let own = file.columns().len().saturating_sub(2);
    file.columns()[..own].iter().map(|column| column.name.clone()).collect()
}

fn text_of(value: &StoredValue) -> String {
    text(value).map_or_else(String::new, |text| String::from_utf8_lossy(text).into_owned())
}
