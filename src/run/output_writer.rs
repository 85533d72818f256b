//! The thread that writes the output, so that the fold does not wait for the disk.

use crate::core::rules::RuleSet;
use crate::core::session::{Op, SessionBatch};
use crate::error::{Error, ErrorKind, Result};
use crate::output::{Encoder, OutputFile, OutputFormat, OutputKind, SessionCounts, SideRow, Staging};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::sync::Arc;
use std::thread::JoinHandle;

/// Rounds whose rows may wait to be written: the fold continues while the disk is busy with a sync.
const ROUNDS_AHEAD: usize = 2;

/// The capacity for the first rows of a partition: memory that grows from nothing touches many fresh pages.
const FIRST_BYTES: usize = 16 << 10;

/// Rows that are ready to be written.
#[derive(Debug, Default)]
struct Rows {
    bytes: Vec<u8>,
    count: u64,
}

impl Rows {
    fn encode(&mut self, encoder: &Encoder, kind: OutputKind, sessions: &SessionBatch, count: u64) {
        if count == 0 {
            return;
        }
        if self.bytes.capacity() == 0 {
            self.bytes.reserve(FIRST_BYTES);
        }
        encoder.encode(kind, sessions, &mut self.bytes);
        self.count += count;
    }
}

/// The output of one partition, as rows.
#[derive(Debug)]
pub(super) struct OutputBatch {
    rules: Arc<RuleSet>,
    /// `None` in a dry run.
    encoder: Option<Arc<Encoder>>,
    sessions: Rows,
    events: Rows,
    views: Rows,
    counts: SessionCounts,
}

impl OutputBatch {
    fn new(rules: Arc<RuleSet>, encoder: Option<Arc<Encoder>>) -> Self {
        Self {
            rules,
            encoder,
            sessions: Rows::default(),
            events: Rows::default(),
            views: Rows::default(),
            counts: SessionCounts::default(),
        }
    }

    /// Counts completed sessions, and encodes the selected ones, on the thread that folded them. `completed` is empty after the
    /// call, so the thread can use it for the next partition: it stays in the processor's cache.
    pub(super) fn encode(&mut self, completed: &mut SessionBatch) {
        let filtered = self.rules.select_sessions(completed);
        let counts = SessionCounts {
            sessions_filtered: filtered.sessions,
            events_filtered: filtered.events,
            ..counts(completed)
        };
        if let Some(encoder) = self.encoder.as_deref() {
            let emit = self.rules.emit();
            if emit.sessions {
                self.sessions.encode(encoder, OutputKind::Sessions, completed, counts.rows());
            }
            if emit.events {
                self.events.encode(encoder, OutputKind::Events, completed, counts.events_completed);
            }
        }
        self.counts += counts;
        completed.clear();
    }

    /// Encodes open sessions.
    pub(super) fn encode_open(&mut self, open: &SessionBatch) {
        if let Some(encoder) = self.encoder.as_deref() {
            self.views.encode(encoder, OutputKind::Open, open, open.len() as u64);
        }
    }

    fn clear(&mut self) {
        for rows in [&mut self.sessions, &mut self.events, &mut self.views] {
            rows.bytes.clear();
            rows.count = 0;
        }
        self.counts = SessionCounts::default();
    }
}

fn counts(sessions: &SessionBatch) -> SessionCounts {
    let mut counts = SessionCounts::default();
    for session in sessions.iter() {
        match session.op {
            Op::Insert => counts.complete(session.event_count),
            Op::Retract => counts.retract(session.event_count),
        }
    }
    counts
}

enum Message {
    Sessions(Vec<OutputBatch>),
    SideRow(SideRow),
}

/// Takes completed sessions and rows for the side outputs. Without staging (a dry run), it only counts them.
#[derive(Debug)]
pub(super) struct OutputWriter {
    rules: Arc<RuleSet>,
    encoder: Option<Arc<Encoder>>,
    sender: Sender<Message>,
    recycled: Receiver<Vec<OutputBatch>>,
    writer: JoinHandle<Result<Written>>,
}

/// What a writer wrote.
#[derive(Debug)]
pub(super) struct Written {
    /// The staged files; `None` in a dry run.
    pub(super) staging: Option<Staging>,
    pub(super) counts: SessionCounts,
}

impl OutputWriter {
    /// A writer for the output that `rules` select, with a thread that writes to a staging area, if there is one.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if the thread cannot be started.
    pub(super) fn open(rules: Arc<RuleSet>, target: Option<(Staging, Encoder)>) -> Result<Self> {
        let (sender, messages) = bounded(ROUNDS_AHEAD);
        let (give_back, recycled) = unbounded();
        let (staging, encoder) = target.map(|(staging, encoder)| (staging, Arc::new(encoder))).unzip();
        let format = encoder.as_deref().map(Encoder::format);
        let target = staging.zip(format);
        let writer = std::thread::Builder::new()
            .spawn(move || write_all(target, &messages, &give_back))
            .map_err(|error| Error::threads(1, &error))?;
        Ok(Self { rules, encoder, sender, recycled, writer })
    }

    /// Empty batches for the sessions of `partitions` partitions, recycled if possible.
    pub(super) fn buffers(&self, partitions: usize) -> Vec<OutputBatch> {
        let mut batches = self.recycled.try_recv().unwrap_or_default();
        batches.iter_mut().for_each(OutputBatch::clear);
        batches.resize_with(partitions, || OutputBatch::new(Arc::clone(&self.rules), self.encoder.clone()));
        batches
    }

    /// Sends completed sessions, in the order of the file.
    ///
    /// # Errors
    /// If the writer has failed, [`OutputWriter::close`] returns the reason.
    pub(super) fn send_sessions(&self, emitted: Vec<OutputBatch>) -> Result<()> {
        self.send(Message::Sessions(emitted))
    }

    /// Sends one row for a side output.
    ///
    /// # Errors
    /// As [`OutputWriter::send_sessions`].
    pub(super) fn send_side_row(&self, row: SideRow) -> Result<()> {
        self.send(Message::SideRow(row))
    }

    fn send(&self, message: Message) -> Result<()> {
        self.sender.send(message).map_err(|_| writer_ended())
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// The first error of the writer.
    pub(super) fn close(self) -> Result<Written> {
        drop(self.sender);
        self.writer.join().unwrap_or_else(|_| Err(writer_ended()))
    }
}

fn writer_ended() -> Error {
    Error::new(ErrorKind::Failed, "the thread that writes the output ended early")
}

fn write_all(
    mut target: Option<(Staging, OutputFormat)>,
    messages: &Receiver<Message>,
    give_back: &Sender<Vec<OutputBatch>>,
) -> Result<Written> {
    let mut counts = SessionCounts::default();
    for message in messages {
        match message {
            Message::Sessions(emitted) => {
                for batch in &emitted {
                    counts += batch.counts;
                    if let Some((staging, format)) = &mut target {
                        write_batch(staging, *format, batch)?;
                    }
                }
                // If nobody takes them any more, they are freed.
                let _ = give_back.send(emitted);
            }
            Message::SideRow(SideRow { file, header, row }) => {
                if let Some((staging, _)) = &mut target {
                    staging.open(file, &header)?;
                    staging.write(file, &row, 1)?;
                }
            }
        }
    }
    Ok(Written { staging: target.map(|(staging, _)| staging), counts })
}

fn write_batch(staging: &mut Staging, format: OutputFormat, batch: &OutputBatch) -> Result<()> {
    for (kind, rows) in [
        (OutputKind::Sessions, &batch.sessions),
        (OutputKind::Events, &batch.events),
        (OutputKind::Open, &batch.views),
    ] {
        staging.write(OutputFile { kind, format }, &rows.bytes, rows.count)?;
    }
    Ok(())
}
