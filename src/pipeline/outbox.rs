//! A thread that writes what leaves the reducers, so that folding does not wait for the disk.
#![expect(clippy::disallowed_methods, reason = "writing has a thread of its own")]

use crate::error::{Error, ErrorKind, Result};
use crate::session::Session;
use crate::sink::{OutputKind, RowStyle, Staging, write_session};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::thread::JoinHandle;

/// Completed sessions of one partition, written as rows.
#[derive(Debug, Default)]
pub(super) struct Emitted {
    rows: Vec<u8>,
    sessions: u64,
    events: u64,
}

impl Emitted {
    /// Appends the row of a session.
    pub(super) fn push(&mut self, session: &Session<'_>, style: RowStyle) {
        write_session(session, style, &mut self.rows);
        self.sessions += 1;
        self.events += session.events;
    }

    fn clear(&mut self) {
        self.rows.clear();
        (self.sessions, self.events) = (0, 0);
    }
}

/// A row for the outputs `late` or `rejects`.
#[derive(Debug)]
pub(super) struct AsideRow {
    pub(super) kind: OutputKind,
    pub(super) header: Vec<u8>,
    pub(super) row: Vec<u8>,
}

enum Message {
    Sessions(Vec<Emitted>),
    Aside(AsideRow),
}

/// Where completed sessions and rows set aside go. Without staging (a dry run) they are only counted.
#[derive(Debug)]
pub(super) struct Outbox {
    sender: Sender<Message>,
    recycled: Receiver<Vec<Emitted>>,
    writer: JoinHandle<Result<Written>>,
}

/// What has gone through an outbox.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The staged files; `None` where nothing may be written.
    pub(super) staging: Option<Staging>,
    pub(super) sessions: u64,
    pub(super) events: u64,
}

impl Outbox {
    pub(super) fn open(staging: Option<Staging>) -> Self {
        let (sender, messages) = bounded(2);
        let (give_back, recycled) = unbounded();
        let writer = std::thread::spawn(move || write_all(staging, &messages, &give_back));
        Self { sender, recycled, writer }
    }

    /// Empty places for the sessions of `partitions` partitions, recycled where possible.
    pub(super) fn places(&self, partitions: usize) -> Vec<Emitted> {
        let mut places = self.recycled.try_recv().unwrap_or_default();
        places.iter_mut().for_each(Emitted::clear);
        places.resize_with(partitions, Emitted::default);
        places
    }

    /// Hands over completed sessions, in the order in which they will stand in the file.
    ///
    /// # Errors
    /// None of its own: if the writer has failed, [`Outbox::close`] says why.
    pub(super) fn send_sessions(&self, emitted: Vec<Emitted>) -> Result<()> {
        self.send(Message::Sessions(emitted))
    }

    /// Hands over one row.
    ///
    /// # Errors
    /// As [`Outbox::send_sessions`].
    pub(super) fn send_aside(&self, row: AsideRow) -> Result<()> {
        self.send(Message::Aside(row))
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
    staging: Option<Staging>,
    messages: &Receiver<Message>,
    give_back: &Sender<Vec<Emitted>>,
) -> Result<Written> {
    let mut written = Written { staging, ..Written::default() };
    for message in messages {
        match message {
            Message::Sessions(emitted) => {
                for of_partition in &emitted {
                    written.take(of_partition)?;
                }
                // Nobody may be left to take them; then they are simply freed.
                let _ = give_back.send(emitted);
            }
            Message::Aside(aside) => {
                if let Some(staging) = &mut written.staging {
                    staging.write_aside(aside.kind, &aside.header, &aside.row)?;
                }
            }
        }
    }
    Ok(written)
}

impl Written {
    fn take(&mut self, emitted: &Emitted) -> Result<()> {
        self.sessions += emitted.sessions;
        self.events += emitted.events;
        match &mut self.staging {
            Some(staging) => staging.write_sessions(&emitted.rows, emitted.sessions),
            None => Ok(()),
        }
    }
}
