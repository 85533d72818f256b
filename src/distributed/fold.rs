//! The fold of sorted rows, key after key.

use super::digest::EventsDigest;
use super::job::Job;
use super::rows::{Part, Row, RowKind, Rows};
use super::state_file::{StateFiles, StateKey, StatePiece};
use super::written::Written;
use crate::core::event::{Event, Timestamp};
use crate::core::partition::KeyHash;
use crate::core::reducer::{OpenCounts, PartitionReducer};
use crate::core::session::{Op, OutOfOrder, SessionBatch};
use crate::error::{Error, ErrorKind, Result};
use crate::output::{Encoder, OutputFormat, OutputKind, SessionCounts};
use crate::state::rows;
use arrow_array::RecordBatch;
use serde::Serialize;

/// Sessions that are encoded together.
const SESSIONS_AT_ONCE: usize = 1024;

/// Folds the rows of one task, which are sorted by bucket, key, kind, time and number. It holds one key: its open session, and what
/// waits for the watermark. Without rules, and where nothing waits, that is three numbers however many events the key has.
pub struct KeyFold {
    job: Job,
    encoder: Encoder,
    /// The last row, without its payload.
    last: Option<(i32, RowKind, i64, i64)>,
    key: Vec<u8>,
    reducer: PartitionReducer,
    completed: SessionBatch,
    sessions: Written,
    events: Written,
    state: StateFiles,
    counts: SessionCounts,
    duplicates: u64,
    taken: u64,
    digest: EventsDigest,
    open: OpenCounts,
}

#[derive(Debug, Serialize)]
struct FoldCounts {
    events_folded: u64,
    /// Of the folded events.
    events_digest: EventsDigest,
    #[serde(flatten)]
    sessions: SessionCounts,
    events_duplicate: u64,
    keys_open: u64,
    sessions_open: u64,
    events_open: u64,
    oldest_open_start_us: Option<i64>,
}

impl KeyFold {
    /// A fold of one task of `job`.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if no file can have the columns of the job's outputs.
    pub fn new(job: Job) -> Result<Self> {
        let encoder = OutputFormat::Parquet.encoder(job.schema(), false);
        let file = |kind| {
            let file = encoder.file(kind, job.origin);
            file.map(|file| Written::new(kind, file))
                .map_err(|error| Error::new(ErrorKind::Failed, error.to_string()))
        };
        Ok(Self {
            sessions: file(OutputKind::Sessions)?,
            events: file(OutputKind::Events)?,
            encoder,
            last: None,
            key: Vec::new(),
            reducer: job.fold.reducer(),
            completed: SessionBatch::default(),
            state: StateFiles::default(),
            counts: SessionCounts::default(),
            duplicates: 0,
            taken: 0,
            digest: EventsDigest::default(),
            open: OpenCounts::default(),
            job,
        })
    }

    /// Takes the next rows.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if rows are not in order, so that nothing is ever folded in a wrong one. [`ErrorKind::Checkpoint`] for
    /// open state that cannot be read.
    pub fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        let rows = Rows::of(batch)?;
        for at in 0..batch.num_rows() {
            self.take_row(&rows.row(at)?)?;
        }
        Ok(())
    }

    fn take_row(&mut self, row: &Row<'_>) -> Result<()> {
        let place = (row.bucket, row.kind, row.time_us, row.seq);
        if let Some((bucket, kind, time_us, seq)) = self.last {
            if (bucket, &self.key[..], kind, time_us, seq)
                > (row.bucket, row.key, row.kind, row.time_us, row.seq)
            {
                return Err(not_sorted());
            }
            if bucket != row.bucket || self.key != row.key {
                self.end_key(bucket)?;
            }
        }
        self.last = Some(place);
        if self.key != row.key {
            row.key.clone_into(&mut self.key);
        }
        match row.kind {
            RowKind::State => rows::read(row.payload, &mut self.reducer).map_err(|damage| damaged(&damage)),
            RowKind::Part => self.take_part(row),
            RowKind::Event => self.take_event(row),
        }
    }

    fn take_part(&mut self, row: &Row<'_>) -> Result<()> {
        let PartitionReducer::Gap(reducer) = &mut self.reducer else {
            return Err(damaged("events were merged that rules look at one by one"));
        };
        let Part { session: part, digest } = row.part().map_err(|damage| damaged(&damage))?;
        if row.is_new() {
            self.taken += part.events;
            self.digest.add(digest);
        }
        let completed = &mut self.completed;
        reducer
            .take_part(row.key, KeyHash::of(row.key).table(), part, &mut |session| {
                completed.push(Op::Insert, &session);
            })
            .map_err(|OutOfOrder| not_sorted())?;
        self.write_many()
    }

    fn take_event(&mut self, row: &Row<'_>) -> Result<()> {
        let time = row.time().map_err(|damage| damaged(&damage))?;
        let table_hash = KeyHash::of(row.key).table();
        let event = Event { key: row.key, table_hash, time, payload: row.payload };
        if row.is_new() {
            self.taken += 1;
            self.digest.add(EventsDigest::of(&event));
        }
        let horizon = self.job.end.close.horizon();
        self.reducer.take(event, horizon, &mut self.completed).map_err(|OutOfOrder| not_sorted())?;
        self.write_many()
    }

    /// Ends a key: its complete sessions, and what stays open of it.
    fn end_key(&mut self, bucket: i32) -> Result<()> {
        self.reducer.finish(self.job.end, &mut self.completed).map_err(|OutOfOrder| not_sorted())?;
        self.duplicates += self.reducer.duplicates();
        let (state, open) = rows::write_counted(&mut self.reducer);
        if let Some(state) = state {
            self.open.add(open);
            self.state.push(&StateKey {
                bucket,
                key: &self.key,
                state: &state,
                open_start_us: open.oldest_start.map(Timestamp::us),
                events: open.events,
            })?;
        }
        self.reducer = self.job.fold.reducer();
        self.write_many()
    }

    fn write_many(&mut self) -> Result<()> {
        if self.completed.len() >= SESSIONS_AT_ONCE { self.write_completed() } else { Ok(()) }
    }

    fn write_completed(&mut self) -> Result<()> {
        let counts = SessionCounts::select(self.job.rules(), &mut self.completed);
        let emit = self.job.rules().emit();
        if emit.sessions {
            self.sessions.write(&self.encoder, &self.completed, counts.rows())?;
        }
        if emit.events {
            self.events.write(&self.encoder, &self.completed, counts.events_completed)?;
        }
        self.counts += counts;
        self.completed.clear();
        Ok(())
    }

    /// Ends the last key and all files.
    ///
    /// # Errors
    /// As [`KeyFold::take`].
    pub fn finish(&mut self) -> Result<()> {
        if let Some((bucket, ..)) = self.last.take() {
            self.end_key(bucket)?;
        }
        self.write_completed()?;
        self.sessions.finish()?;
        self.events.finish()?;
        self.state.finish()
    }

    /// The file of completed sessions.
    pub const fn sessions(&mut self) -> &mut Written {
        &mut self.sessions
    }

    /// The file of emitted events.
    pub const fn events(&mut self) -> &mut Written {
        &mut self.events
    }

    /// What is to be written of the files of open state now.
    pub fn take_state(&mut self) -> Vec<StatePiece> {
        self.state.take_pieces()
    }

    /// What was folded, as JSON.
    pub fn counts(&self) -> String {
        let Self { counts, open, .. } = self;
        let counts = FoldCounts {
            events_folded: self.taken,
            events_digest: self.digest,
            sessions: *counts,
            events_duplicate: self.duplicates,
            keys_open: open.keys,
            sessions_open: open.sessions,
            events_open: open.events,
            oldest_open_start_us: open.oldest_start.map(Timestamp::us),
        };
        serde_json::to_string(&counts).unwrap_or_default()
    }
}

fn not_sorted() -> Error {
    Error::new(ErrorKind::Failed, "the engine has not kept the order of the rows, so they cannot be folded")
        .remedy("choose another form of the fold (form=\"window\" or form=\"group\")")
        .nothing_changed()
}

fn damaged(damage: &str) -> Error {
    Error::new(ErrorKind::Checkpoint, format!("a row to fold is damaged: {damage}")).nothing_changed()
}
