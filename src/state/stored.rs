//! Reducers whose open state the checkpoint can keep: how it becomes rows, and how rows become it again.

use super::rows::time;
use super::ruled::{Pieces, for_each_row, restored};
use super::state::{EncodedPartition, MAX_TAIL};
use crate::core::event::Timestamp;
use crate::core::partition::KeyHash;
use crate::core::reducer::{GapReducer, KeyState, OpenCounts, PartitionReducer, RuleReducer};
use crate::core::session::OpenSession;
use crate::migrations::checkpoint::{read, v1};

/// A reducer that comes from a checkpoint and goes back into it.
pub trait Stored {
    /// Restores the row at the start of `rows`, which are of format `version`; returns its length.
    ///
    /// # Errors
    /// What is wrong with the row.
    fn restore_row(&mut self, version: u32, rows: &[u8], pieces: &mut Pieces) -> Result<usize, String>;

    /// Encodes what is open. Linear; without rules about 30 bytes a key beside the key itself.
    fn encode(&mut self) -> EncodedPartition;
}

impl Stored for GapReducer {
    fn restore_row(&mut self, version: u32, rows: &[u8], _pieces: &mut Pieces) -> Result<usize, String> {
        let (row, used) = read::state_row(version, rows)?;
        let open = match row.open {
            Some(open) => Some(OpenSession {
                start: time(open.start_us)?,
                last: time(open.last_us)?,
                events: open.events,
            }),
            None => None,
        };
        let tail = row.tail_us.iter().map(|&us| time(us)).collect::<Result<Vec<_>, _>>()?;
        self.restore(KeyState { key: row.key, open, buffered: &tail }, KeyHash::of(row.key).table());
        Ok(used)
    }

    fn encode(&mut self) -> EncodedPartition {
        let mut encoded = EncodedPartition::default();
        self.open_state(|state| {
            encoded.count(state.open.as_ref(), state.events());
            push_key(&mut encoded, &state);
        });
        encoded
    }
}

fn push_key(encoded: &mut EncodedPartition, state: &KeyState<'_>) {
    let open = state.open.map(|open| v1::OpenSession {
        start_us: open.start.us(),
        last_us: open.last.us(),
        events: open.events,
    });
    let (first, rest) = state.buffered.split_at(state.buffered.len().min(MAX_TAIL));
    encoded.push_row(&v1::StateRow { key: state.key, open, tail_us: us(first) });
    for piece in rest.chunks(MAX_TAIL) {
        encoded.push_row(&v1::StateRow { key: state.key, open: None, tail_us: us(piece) });
    }
}

fn us(times: &[Timestamp]) -> Vec<i64> {
    times.iter().map(|time| time.us()).collect()
}

impl Stored for RuleReducer {
    fn restore_row(&mut self, version: u32, rows: &[u8], pieces: &mut Pieces) -> Result<usize, String> {
        let (row, used) = read::ruled_row(version, rows)?;
        if let Some((key, state)) = pieces.take(version, &row)? {
            let (state, tail) = restored(state, self.rules())?;
            self.restore(&key, state, tail.into_iter());
        }
        Ok(used)
    }

    fn encode(&mut self) -> EncodedPartition {
        let mut encoded = EncodedPartition::default();
        self.open_state(|state| {
            encoded.count(state.state.open.as_ref().map(|session| &session.open), state.events());
            for_each_row(&state, |row| encoded.push_row(row));
        });
        encoded
    }
}

impl Stored for PartitionReducer {
    fn restore_row(&mut self, version: u32, rows: &[u8], pieces: &mut Pieces) -> Result<usize, String> {
        match self {
            Self::Gap(reducer) => reducer.restore_row(version, rows, pieces),
            Self::Rules(reducer) => reducer.restore_row(version, rows, pieces),
            Self::Correcting(reducer) => reducer.state().restore_row(version, rows, pieces),
        }
    }

    fn encode(&mut self) -> EncodedPartition {
        match self {
            Self::Gap(reducer) => reducer.encode(),
            Self::Rules(reducer) => reducer.encode(),
            Self::Correcting(reducer) => {
                let OpenCounts { sessions, events, oldest_start } = reducer.open();
                let mut encoded = reducer.state().encode();
                (encoded.sessions, encoded.events, encoded.oldest_start) = (sessions, events, oldest_start);
                encoded
            }
        }
    }
}
