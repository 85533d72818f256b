//! A thread that writes what leaves the reducers, so that folding does not wait for the disk.

use crate::core::event::DateText;
use crate::core::session::{CompletedSession, Op};
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
    fn push(&mut self, op: Op, session: &CompletedSession<'_>, style: RowStyle) {
        if self.bytes.capacity() == 0 {
            self.bytes.reserve(FIRST_BYTES);
        }
        write_session(op, session, style, &mut self.date, &mut self.bytes);
        self.count += 1;
    }
}

/// What leaves one partition, written as rows.
#[derive(Debug, Default)]
pub(super) struct OutputBatch {
    sessions: Rows,
    events: Rows,
    open: Rows,
    counts: SessionCounts,
}

impl OutputBatch {
    /// Appends a completed session: its row, those of its events, or both.
    pub(super) fn push(&mut self, session: &CompletedSession<'_>, style: RowStyle) {
        if style.emit.sessions {
            self.sessions.push(Op::Insert, session, style);
        }
        if style.emit.events {
            write_events(session, style, &mut self.events.bytes);
            self.events.count += session.events;
        }
        self.counts.complete(session.events);
    }

    /// Appends the row that takes a completed session back.
    pub(super) fn retract(&mut self, session: &CompletedSession<'_>, style: RowStyle) {
        self.sessions.push(Op::Retract, session, style);
        self.counts.retract(session.events);
    }

    /// Appends the row of a session that is still open.
    pub(super) fn show_open(&mut self, session: &CompletedSession<'_>, style: RowStyle) {
        self.open.push(Op::Insert, session, RowStyle { with_op: false, ..style });
    }

    fn clear(&mut self) {
        for rows in [&mut self.sessions, &mut self.events, &mut self.open] {
            rows.bytes.clear();
            rows.count = 0;
        }
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
            (OutputKind::Open, &emitted.open),
        ] {
            staging.write(OutputFile { kind, format }, &rows.bytes, rows.count)?;
        }
        Ok(())
    }
}
