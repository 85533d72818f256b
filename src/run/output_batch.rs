//! What leaves one partition at its end, or a group of partitions in a round, as rows that are ready to be written.

use crate::core::rules::RuleSet;
use crate::core::session::SessionBatch;
use crate::error::Result;
use crate::output::{
    DatePartitions, Encoder, OutputDate, OutputFile, OutputForm, OutputKind, SessionCounts, Staging,
};
use std::sync::Arc;

/// Room for the first rows: memory that grows from nothing leaves a trail of fresh pages.
const FIRST_BYTES: usize = 32 << 10;

/// How sessions become rows: the same for all threads of a run.
#[derive(Debug, Clone)]
pub(super) struct RowEncoder {
    pub(super) encoder: Arc<Encoder>,
    pub(super) form: OutputForm,
    pub(super) partitions: Option<DatePartitions>,
}

/// Rows that are ready to be written: those of each part stand behind those of the part before it.
#[derive(Debug, Default)]
struct Rows {
    bytes: Vec<u8>,
    parts: Vec<Part>,
}

/// Rows that go to one file.
#[derive(Debug, Clone, Copy)]
struct Part {
    date: Option<OutputDate>,
    bytes: usize,
    count: u64,
}

impl Rows {
    /// Appends the rows of completed sessions, divided by days if that is asked for. `count` says how many rows some sessions have.
    fn add(
        &mut self,
        of: &RowEncoder,
        kind: OutputKind,
        sessions: &SessionBatch,
        count: impl Fn(&SessionBatch) -> u64,
    ) {
        match of.partitions {
            None => self.encode(&of.encoder, kind, None, sessions, count(sessions)),
            Some(partitions) => {
                for (date, sessions) in partitions.split(sessions) {
                    self.encode(&of.encoder, kind, Some(date), &sessions, count(&sessions));
                }
            }
        }
    }

    fn encode(
        &mut self,
        encoder: &Encoder,
        kind: OutputKind,
        date: Option<OutputDate>,
        sessions: &SessionBatch,
        count: u64,
    ) {
        if count == 0 {
            return;
        }
        if self.bytes.capacity() == 0 {
            self.bytes.reserve(FIRST_BYTES);
        }
        let before = self.bytes.len();
        encoder.encode(kind, sessions, &mut self.bytes);
        self.parts.push(Part { date, bytes: self.bytes.len() - before, count });
    }

    fn write(&self, staging: &mut Staging, file: OutputFile) -> Result<()> {
        let mut rest = &self.bytes[..];
        for part in &self.parts {
            let (rows, behind) = rest.split_at(part.bytes);
            staging.write(file.of_date(part.date), rows, part.count)?;
            rest = behind;
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.parts.clear();
    }
}

/// What leaves some partitions, as rows.
#[derive(Debug)]
pub(super) struct OutputBatch {
    rules: Arc<RuleSet>,
    /// `None` where nothing may be written.
    encoder: Option<RowEncoder>,
    sessions: Rows,
    events: Rows,
    views: Rows,
    counts: SessionCounts,
}

impl OutputBatch {
    pub(super) fn new(rules: Arc<RuleSet>, encoder: Option<RowEncoder>) -> Self {
        Self {
            rules,
            encoder,
            sessions: Rows::default(),
            events: Rows::default(),
            views: Rows::default(),
            counts: SessionCounts::default(),
        }
    }

    /// Counts completed sessions and turns those that are to be written into rows, on the thread that has folded them.
    /// `completed` is empty after it, for the next partition of the thread: so it stays in the processor's cache.
    pub(super) fn encode(&mut self, completed: &mut SessionBatch) {
        let counted = SessionCounts::select(&self.rules, completed);
        if let Some(encoder) = &self.encoder {
            let emit = self.rules.emit();
            if emit.sessions {
                self.sessions.add(encoder, OutputKind::Sessions, completed, |of| of.len() as u64);
            }
            if emit.events {
                self.events
                    .add(encoder, OutputKind::Events, completed, |of| SessionCounts::of(of).events_completed);
            }
        }
        self.counts += counted;
        completed.clear();
    }

    /// Turns sessions that are still open into rows.
    pub(super) fn encode_open(&mut self, open: &SessionBatch) {
        if let Some(RowEncoder { encoder, .. }) = &self.encoder {
            self.views.encode(encoder, OutputKind::Open, None, open, open.len() as u64);
        }
    }

    /// How many sessions it has.
    pub(super) const fn counts(&self) -> SessionCounts {
        self.counts
    }

    /// Hands its rows to the outputs that they go to.
    pub(super) fn write(&self, staging: &mut Staging) -> Result<()> {
        let Some(RowEncoder { form, .. }) = self.encoder else { return Ok(()) };
        for (kind, rows) in [
            (OutputKind::Sessions, &self.sessions),
            (OutputKind::Events, &self.events),
            (OutputKind::Open, &self.views),
        ] {
            rows.write(staging, OutputFile::whole(kind, form))?;
        }
        Ok(())
    }

    pub(super) fn clear(&mut self) {
        for rows in [&mut self.sessions, &mut self.events, &mut self.views] {
            rows.clear();
        }
        self.counts = SessionCounts::default();
    }
}
