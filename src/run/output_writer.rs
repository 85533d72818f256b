//! The thread that writes the output, so that the fold does not wait for the disk.

use super::output_batch::{OutputBatch, RowEncoder};
use crate::core::rules::RuleSet;
use crate::error::{Error, ErrorKind, Result};
use crate::output::{SessionCounts, SideRow, Staging};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::sync::Arc;
use std::thread::JoinHandle;

/// Rounds whose rows may wait to be written: the fold continues while the disk is busy with a sync.
const ROUNDS_AHEAD: usize = 2;

enum Message {
    Sessions(Vec<OutputBatch>),
    SideRow(SideRow),
}

/// Takes completed sessions and rows for the side outputs. Without staging (a dry run), it only counts them.
#[derive(Debug)]
pub(super) struct OutputWriter {
    rules: Arc<RuleSet>,
    encoder: Option<RowEncoder>,
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
    pub(super) fn open(rules: Arc<RuleSet>, target: Option<(Staging, RowEncoder)>) -> Result<Self> {
        let (sender, messages) = bounded(ROUNDS_AHEAD);
        let (give_back, recycled) = unbounded();
        let (staging, encoder) = target.unzip();
        let writer = std::thread::Builder::new()
            .spawn(move || write_all(staging, &messages, &give_back))
            .map_err(|error| Error::threads(1, &error))?;
        Ok(Self { rules, encoder, sender, recycled, writer })
    }

    /// Empty batches for the sessions of so many parts, recycled if possible.
    pub(super) fn buffers(&self, parts: usize) -> Vec<OutputBatch> {
        let mut batches = self.recycled.try_recv().unwrap_or_default();
        batches.iter_mut().for_each(OutputBatch::clear);
        batches.resize_with(parts, || OutputBatch::new(Arc::clone(&self.rules), self.encoder.clone()));
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
    mut staging: Option<Staging>,
    messages: &Receiver<Message>,
    give_back: &Sender<Vec<OutputBatch>>,
) -> Result<Written> {
    let mut counts = SessionCounts::default();
    for message in messages {
        match message {
            Message::Sessions(emitted) => {
                for batch in &emitted {
                    counts += batch.counts();
                    if let Some(staging) = &mut staging {
                        batch.write(staging)?;
                    }
                }
                // If nobody takes them any more, they are freed.
                let _ = give_back.send(emitted);
            }
            Message::SideRow(SideRow { file, header, row }) => {
                if let Some(staging) = &mut staging {
                    staging.open(file, &header)?;
                    staging.write(file, &row, 1)?;
                }
            }
        }
    }
    Ok(Written { staging, counts })
}
