//! The figures of a checkpoint and its outputs.

use super::inspect::for_each_open;
use super::session_rows::for_each_session;
use crate::core::partition::KeyHash;
use crate::definition::{Definition, columns_text, gap_text};
use crate::error::Result;
use crate::figures::{
    Calendar, CountedSession, LeftOut, OpenFigures, Overview, Period, RunFigures, RunPhases, RunPoint,
    SessionFigures,
};
use crate::ledger::{Counts, RunEntry, RunId, RunKind, active_runs};
use crate::output::{Manifest, OutputKind, PhasesUs};
use crate::run::{Cancellation, Look};

/// How many rows are read between two looks at an interruption.
const ROWS_AT_ONCE: u64 = 1 << 16;

/// Reads everything that the runs that stand have published of sessions, row by row, and the ledger. Costs two passes over these
/// files, and memory for at most two million users and for the ledger.
///
/// # Errors
/// [`crate::error::ErrorKind::Checkpoint`] for a damaged checkpoint, [`crate::error::ErrorKind::Failed`] if it is interrupted. What
/// is wrong with outputs is no error: the figures say what they do not have.
pub fn overview(
    look: &Look,
    calendar: Calendar,
    period: Period,
    cancellation: &Cancellation,
) -> Result<Overview> {
    let head = look.checkpoint.head();
    let runs = look.checkpoint.runs()?;
    let active = active_runs(&runs);
    let mut open = OpenFigures::default();
    let now = head.and_then(|head| head.watermark.time());
    for_each_open(look, None, |session| {
        open.add(session.start, session.end, session.event_count, now.unwrap_or(session.start));
    })?;
    let mut reading = Reading {
        look,
        period,
        cancellation,
        sessions: SessionFigures::new(calendar),
        runs: RunFigures::default(),
        left_out: Vec::new(),
        pruned: look.output.pruned()?.map_or(RunId::BEFORE_ALL, |pruned| pruned.through()),
        sessions_pruned: 0,
    };
    for entry in runs.iter().filter(|entry| active.contains(&entry.head.run)) {
        cancellation.check()?;
        reading.add(entry)?;
    }
    if reading.sessions_pruned > 0 {
        let through = reading.pruned.number();
        reading.left_out.insert(0, LeftOut::Pruned { through, sessions: reading.sessions_pruned });
    }
    Ok(Overview {
        made: look.as_of(),
        calendar,
        period,
        definition: head.map_or_else(Vec::new, |head| definition_rows(&head.definition)),
        watermark: now,
        sessions: reading.sessions,
        open,
        sessions_open: head.map_or(0, |head| head.sessions_open),
        runs: reading.runs,
        left_out: reading.left_out,
    })
}

/// The definition in words: names and values.
fn definition_rows(definition: &Definition) -> Vec<(String, String)> {
    if definition.is_undecided() {
        return Vec::new();
    }
    let mut rows = vec![("gap".to_owned(), gap_text(definition.gap))];
    for source in &definition.sources {
        let name = source.name.as_ref().map_or_else(String::new, |name| format!(" of {name}"));
        rows.push((format!("key{name}"), columns_text(&source.key)));
        rows.push((format!("time{name}"), columns_text(&source.time)));
    }
    rows.extend(definition.rules.iter().map(|(flag, values)| (flag.name().to_owned(), values.join(" "))));
    rows
}

/// The runs so far.
struct Reading<'l> {
    look: &'l Look,
    period: Period,
    cancellation: &'l Cancellation,
    sessions: SessionFigures,
    runs: RunFigures,
    left_out: Vec<LeftOut>,
    pruned: RunId,
    sessions_pruned: u64,
}

impl Reading<'_> {
    fn add(&mut self, entry: &RunEntry) -> Result<()> {
        let manifest = self.manifest_of(entry);
        if self.period.has(entry.as_of) {
            let phases = manifest.as_ref().and_then(Manifest::phases_us);
            let phases = phases.map(|phases| run_phases(entry, phases));
            let counts = own_counts(entry);
            self.runs.add(run_point(entry, &counts), &counts.rejects, phases);
        }
        match manifest {
            Some(manifest) if manifest.has(OutputKind::Sessions) => self.read(&manifest),
            Some(_) if own_counts(entry).sessions_completed > 0 => {
                let (run, sessions) = (entry.head.run.number(), entry.counts.sessions_completed);
                self.left_out.push(LeftOut::EventsOnly { run, sessions });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The manifest of a run that is published here. What has sessions and no manifest is noted.
    fn manifest_of(&mut self, entry: &RunEntry) -> Option<Manifest> {
        let (run, sessions) = (entry.head.run, own_counts(entry).sessions_completed);
        if run <= self.pruned {
            self.sessions_pruned += sessions;
            return None;
        }
        match self.look.output.manifest_of(run) {
            Ok(Some(manifest)) => return Some(manifest),
            Ok(None) if self.look.unpublished_run() == Some(run.number()) => {
                self.left_out.push(LeftOut::Unpublished { run: run.number() });
            }
            Ok(None) if sessions > 0 => {
                self.left_out.push(LeftOut::NoManifest { run: run.number(), sessions });
            }
            Ok(None) => {}
            Err(error) => {
                let what = format!("manifests/{run}.json");
                self.left_out.push(LeftOut::Unread { what, why: error.to_string() });
            }
        }
        None
    }

    fn read(&mut self, manifest: &Manifest) -> Result<()> {
        for opened in self.look.output.open_each(manifest, OutputKind::Sessions) {
            self.cancellation.check()?;
            let file = match opened {
                Ok(file) => file,
                Err(unopened) => {
                    let (path, rows) = (unopened.path, unopened.count);
                    self.left_out.push(match unopened.wrong {
                        None => LeftOut::Gone { path, rows },
                        Some(why) => LeftOut::Unread { what: path, why },
                    });
                    continue;
                }
            };
            let what = file.listed().path.clone();
            let mut rows = 0;
            let read = for_each_session(file, |row| {
                rows += 1;
                if rows % ROWS_AT_ONCE == 0 {
                    self.cancellation.check()?;
                }
                if self.period.has(row.start) {
                    self.sessions.add(&CountedSession {
                        user: KeyHash::of(row.key).whole(),
                        start: row.start,
                        end: row.end,
                        event_count: row.event_count,
                        close_reason: row.close_reason,
                        is_retracted: row.is_retracted,
                    });
                }
                Ok(())
            });
            self.cancellation.check()?;
            if let Err(error) = read {
                self.left_out.push(LeftOut::Unread { what, why: error.to_string() });
            }
        }
        Ok(())
    }
}

/// The counts of a rollback are those of the runs that it undoes.
fn own_counts(entry: &RunEntry) -> Counts {
    match entry.kind {
        RunKind::Rollback { .. } => Counts::default(),
        _ => entry.counts.clone(),
    }
}

fn run_point(entry: &RunEntry, counts: &Counts) -> RunPoint {
    RunPoint {
        run: entry.head.run.number(),
        started: entry.as_of,
        sessions_open: entry.head.sessions_open,
        events_open: entry.head.events_open,
        watermark_lag_us: entry.head.watermark.time().map(|watermark| entry.as_of.us_since(watermark)),
        rows_read: counts.rows_read,
        events_late: counts.events_late,
        rows_rejected: counts.rows_rejected(),
    }
}

fn run_phases(entry: &RunEntry, phases: PhasesUs) -> RunPhases {
    let PhasesUs { open, read, reduce, stage } = phases;
    RunPhases {
        run: entry.head.run.number(),
        started: entry.as_of,
        phases_us: [("open", open), ("read", read), ("reduce", reduce), ("stage", stage)],
    }
}
