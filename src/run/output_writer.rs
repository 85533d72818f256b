//! A thread that writes what leaves the reducers, so that folding does not wait for the disk.

use crate::core::event::DateText;
use crate::core::session::{Op, SessionBatch};
use crate::error::{Error, ErrorKind, Result};
use crate::output::{
    OutputFile, OutputFormat, OutputKind, RowStyle, SessionCounts, Staging, write_events, write_session,
};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::thread::JoinHandle;

/// Rounds whose rows may wait to be written: while the disk is busy with a sync, folding goes on.
const ROUNDS_AHEAD: usize = 2;

/// Rows that are ready to be written.
#[derive(Debug, Default)]
struct Rows {
    bytes: Vec<u8>,
    count: u64,
    date: DateText,
}

/// Room for the first rows of a partition: memory that grows from nothing leaves a trail of fresh pages.
const FIRST_BYTES: usize = 16 << 10;

impl Rows {
    fn push_all(&mut self, batch: &SessionBatch, style: RowStyle) {
        if batch.is_empty() {
            return;
        }
        if self.bytes.capacity() == 0 {
            self.bytes.reserve(FIRST_BYTES);
        }
        for session in batch.iter() {
            write_session(&session, style, &mut self.date, &mut self.bytes);
        }
        self.count += batch.len() as u64;
    }
}

/// What leaves one partition, written as rows.
#[derive(Debug, Default)]
pub(super) struct OutputBatch {
    /// Sessions that the fold has completed, or retracted.
    pub(super) completed: SessionBatch,
    /// Sessions that are still open, where they are shown.
    pub(super) open: SessionBatch,
    sessions: Rows,
    events: Rows,
    open_rows: Rows,
    counts: SessionCounts,
}

impl OutputBatch {
    /// Turns the sessions of the batch into rows: one for each, one for each of its events, or both.
    pub(super) fn encode(&mut self, style: RowStyle) {
        if style.emit.sessions {
            self.sessions.push_all(&self.completed, style);
        }
        for session in self.completed.iter() {
            if style.emit.events {
                write_events(&session, style, &mut self.events.bytes);
                self.events.count += session.event_count;
            }
            match session.op {
                Op::Insert => self.counts.complete(session.event_count),
                Op::Retract => self.counts.retract(session.event_count),
            }
        }
        self.open_rows.push_all(&self.open, RowStyle { with_op: false, ..style });
    }

    fn clear(&mut self) {
        for rows in [&mut self.sessions, &mut self.events, &mut self.open_rows] {
            rows.bytes.clear();
            rows.count = 0;
        }
        self.completed.clear();
        self.open.clear();
        self.counts = SessionCounts::default();
    }
}

/// A row for the outputs `late` or `rejects`.
#[derive(Debug)]
pub(super) struct SideRow {
    pub(super) kind: OutputKind,
    pub(super) header: Vec<u8>,
    pub(super) row: Vec<u8>,
}

enum Message {
    Sessions(Vec<OutputBatch>),
    SideRow(SideRow),
}

/// Where completed sessions and rows set aside go. Without staging (a dry run) they are only counted.
#[derive(Debug)]
pub(super) struct OutputWriter {
    sender: Sender<Message>,
    recycled: Receiver<Vec<OutputBatch>>,
    writer: JoinHandle<Result<Written>>,
}

/// What has gone through an outbox.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The staged files; `None` where nothing may be written.
    pub(super) staging: Option<Staging>,
    pub(super) counts: SessionCounts,
}

impl OutputWriter {
    /// An outbox with a thread that writes to `staging`.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if there can be no such thread.
    pub(super) fn open(staging: Option<Staging>, format: OutputFormat) -> Result<Self> {
        let (sender, messages) = bounded(ROUNDS_AHEAD);
        let (give_back, recycled) = unbounded();
        let writer = std::thread::Builder::new()
            .spawn(move || write_all((staging, format), &messages, &give_back))
            .map_err(|error| Error::threads(1, &error))?;
        Ok(Self { sender, recycled, writer })
    }

    /// Empty batches for the sessions of `partitions` partitions, recycled where possible.
    pub(super) fn buffers(&self, partitions: usize) -> Vec<OutputBatch> {
        let mut batches = self.recycled.try_recv().unwrap_or_default();
        batches.iter_mut().for_each(OutputBatch::clear);
        batches.resize_with(partitions, OutputBatch::default);
        batches
    }

    /// Hands over completed sessions, in the order in which they will stand in the file.
    ///
    /// # Errors
    /// None of its own: if the writer has failed, [`OutputWriter::close`] says why.
    pub(super) fn send_sessions(&self, emitted: Vec<OutputBatch>) -> Result<()> {
        self.send(Message::Sessions(emitted))
    }

    /// Hands over one row.
    ///
    /// # Errors
    /// As [`OutputWriter::send_sessions`].
    pub(super) fn send_side_row(&self, row: SideRow) -> Result<()> {
        self.send(Message::SideRow(row))
    }

    fn send(&self, message: Message) -> Result<()> {
        self.sender.send(message).map_err(|_| writer_ended())
    }

    /// Waits until all is written.
    ///
    /// # Errors
    /// The first error of the writer.
    pub(super) fn close(self) -> Result<Written> {
        drop(self.sender);
        self.writer.join().unwrap_or_else(|_| Err(writer_ended()))
    }
}

fn writer_ended() -> Error {
    Error::new(ErrorKind::Failed, "the thread that writes the output has ended early")
}

fn write_all(
    (staging, format): (Option<Staging>, OutputFormat),
    messages: &Receiver<Message>,
    give_back: &Sender<Vec<OutputBatch>>,
) -> Result<Written> {
    let mut written = Written { staging, ..Written::default() };
    for message in messages {
        match message {
            Message::Sessions(emitted) => {
                for of_partition in &emitted {
                    written.take(of_partition, format)?;
                }
                // Nobody may be left to take them; then they are simply freed.
                let _ = give_back.send(emitted);
            }
            Message::SideRow(SideRow { kind, header, row }) => {
                if let Some(staging) = &mut written.staging {
                    // Rows that are set aside keep the form of their input.
                    let file = OutputFile { kind, format: OutputFormat::Csv };
                    staging.open(file, &header)?;
                    staging.write(file, &row, 1)?;
                }
            }
        }
    }
    Ok(written)
}

impl Written {
    fn take(&mut self, emitted: &OutputBatch, format: OutputFormat) -> Result<()> {
        self.counts += emitted.counts;
        let Some(staging) = &mut self.staging else { return Ok(()) };
        for (kind, rows) in [
            (OutputKind::Sessions, &emitted.sessions),
            (OutputKind::Events, &emitted.events),
            (OutputKind::Open, &emitted.open_rows),
        ] {
            staging.write(OutputFile { kind, format }, &rows.bytes, rows.count)?;
        }
        Ok(())
    }
}
