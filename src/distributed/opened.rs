//! Open state as rows for the shuffle.
//!
//! Events that wait in the state become rows of their own: so the engine sorts them among the new ones, and the fold holds neither. Only
//! where completed sessions are correctable they stay with the state, because the fold compares what it comes to before and after.

use super::digest::EventsDigest;
use super::job::Job;
use super::rows::{Part, RowsBuilder, first_seq};
use super::state_file::StateGroups;
use crate::core::event::{Event, Timestamp};
use crate::core::partition::KeyHash;
use crate::core::reducer::{GapReducer, KeyState, PartitionReducer, RuleReducer, RuledState};
use crate::core::session::OpenSession;
use crate::error::{Error, ErrorKind, Result};
use crate::state::{Stored, rows};
use arrow_array::RecordBatch;
use bytes::Bytes;
use std::sync::Arc;

/// A file of open state on its way into rows. Memory: the file, and the keys of one row group.
#[derive(Debug)]
pub struct Opening {
    job: Job,
    groups: StateGroups,
}

impl Opening {
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if this is no file of open state.
    pub fn of(job: Job, file: Vec<u8>) -> Result<Self> {
        Ok(Self { job, groups: StateGroups::open(Bytes::from(file))? })
    }

    /// The next rows; `None` at the end.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the state cannot be read.
    pub fn next_rows(&mut self) -> Result<Option<Vec<RecordBatch>>> {
        let Self { job, groups } = self;
        let mut out = RowsBuilder::default();
        let is_left = groups.visit_next(&mut |bucket, key, state| {
            match job.fold.reducer() {
                PartitionReducer::Gap(reducer) => {
                    OpeningKey { job, bucket, key, out: &mut out }.gap(reducer, state)?;
                }
                PartitionReducer::Rules(reducer) => {
                    OpeningKey { job, bucket, key, out: &mut out }.rules(reducer, state)?;
                }
                PartitionReducer::Correcting(_) => out.state(bucket, key, state),
            }
            Ok(())
        })?;
        if is_left { out.finish().map(Some) } else { Ok(None) }
    }
}

/// The state of one key on its way into rows.
struct OpeningKey<'o> {
    job: &'o Job,
    bucket: i32,
    key: &'o [u8],
    out: &'o mut RowsBuilder,
}

impl OpeningKey<'_> {
    fn gap(self, mut reducer: GapReducer, state: &[u8]) -> Result<()> {
        rows::read(state, &mut reducer).map_err(|damage| damaged(&damage))?;
        let mut alone = GapReducer::new(self.job.definition.gap);
        let Self { job, bucket, key, out } = self;
        let horizon = job.end.close.horizon();
        reducer.open_state(|open| {
            alone.restore(KeyState { buffered: &[], ..open }, KeyHash::of(key).table());
            for &time in open.buffered {
                if horizon.reaches(time) {
                    let part = Part { session: OpenSession::begin(time), digest: EventsDigest::default() };
                    out.part(bucket, key, &part, first_seq());
                } else {
                    out.event(bucket, &event(key, time, &[]), first_seq());
                }
            }
        });
        put(bucket, key, &mut alone, out);
        Ok(())
    }

    fn rules(self, mut reducer: RuleReducer, state: &[u8]) -> Result<()> {
        rows::read(state, &mut reducer).map_err(|damage| damaged(&damage))?;
        let mut alone = RuleReducer::new(Arc::clone(self.job.rules()));
        let Self { bucket, key, out, .. } = self;
        reducer.open_state(|open: RuledState<'_>| {
            alone.restore(key, KeyHash::of(key).table(), open.state.clone(), std::iter::empty());
            for (number, waiting) in (first_seq()..).zip(open.buffered) {
                out.event(bucket, &event(key, waiting.time, &waiting.payload), number);
            }
        });
        put(bucket, key, &mut alone, out);
        Ok(())
    }
}

fn put(bucket: i32, key: &[u8], reducer: &mut impl Stored, out: &mut RowsBuilder) {
    if let (Some(state), _) = rows::write_counted(reducer) {
        out.state(bucket, key, &state);
    }
}

fn event<'e>(key: &'e [u8], time: Timestamp, payload: &'e [u8]) -> Event<'e> {
    Event { key, table_hash: KeyHash::of(key).table(), time, payload }
}

fn damaged(damage: &str) -> Error {
    Error::new(ErrorKind::Checkpoint, format!("open state cannot be read: {damage}"))
        .remedy("restore the root from a backup")
        .nothing_changed()
}
