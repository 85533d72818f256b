//! Open state as rows for the shuffle.
//!
//! Events that wait in the state become rows of their own: so the engine sorts them among the new ones, and the fold holds neither. Only
//! where completed sessions are correctable they stay with the state, because the fold compares what it comes to before and after.

use super::job::Job;
use super::rows::{RowsBuilder, first_seq};
use crate::core::event::{Event, Timestamp};
use crate::core::partition::KeyHash;
use crate::core::reducer::{GapReducer, KeyState, PartitionReducer, RuleReducer, RuledState};
use crate::core::session::OpenSession;
use crate::error::{Error, ErrorKind, Result};
use crate::state::{Stored, rows};
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use std::sync::Arc;

/// The rows of a batch of open state: bucket, key, state.
///
/// # Errors
/// [`ErrorKind::Checkpoint`] if the state cannot be read.
pub fn opened_rows(job: &Job, batch: &RecordBatch) -> Result<RecordBatch> {
    let columns = (batch.num_columns() == 3).then(|| {
        let [bucket, key, state] = [0, 1, 2].map(|place| batch.column(place));
        (bucket.as_primitive_opt::<Int32Type>(), key.as_binary_opt::<i32>(), state.as_binary_opt::<i32>())
    });
    let Some((Some(buckets), Some(keys), Some(states))) = columns else {
        return Err(damaged("its columns are others"));
    };
    let mut out = RowsBuilder::default();
    for row in 0..batch.num_rows() {
        let (bucket, key, state) = (buckets.value(row), keys.value(row), states.value(row));
        match job.fold.reducer() {
            PartitionReducer::Gap(reducer) => {
                Opening { job, bucket, key, out: &mut out }.gap(reducer, state)?;
            }
            PartitionReducer::Rules(reducer) => {
                Opening { job, bucket, key, out: &mut out }.rules(reducer, state)?;
            }
            PartitionReducer::Correcting(_) => out.state(bucket, key, state),
        }
    }
    out.finish()
}

/// The state of one key on its way into rows.
struct Opening<'o> {
    job: &'o Job,
    bucket: i32,
    key: &'o [u8],
    out: &'o mut RowsBuilder,
}

impl Opening<'_> {
    fn gap(self, mut reducer: GapReducer, state: &[u8]) -> Result<()> {
        rows::read(state, &mut reducer).map_err(|damage| damaged(&damage))?;
        let mut alone = GapReducer::new(self.job.definition.gap);
        let Self { job, bucket, key, out } = self;
        let horizon = job.end.close.horizon();
        reducer.open_state(|open| {
            alone.restore(KeyState { buffered: &[], ..open }, KeyHash::of(key).table());
            for &time in open.buffered {
                if horizon.reaches(time) {
                    out.part(bucket, key, OpenSession::begin(time), first_seq());
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
