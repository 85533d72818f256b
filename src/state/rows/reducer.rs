//! Reducers with stored open state: how the state becomes rows, and how rows become the state.

use super::encoded::EncodedPartition;
use super::key::{plain_row, restored, ruled_row, session, time};
use crate::core::partition::KeyHash;
use crate::core::reducer::{GapReducer, KeyState, OpenCounts, PartitionReducer, RuleReducer};
use crate::migrations::checkpoint::OpenRow;

/// A reducer that can be encoded as rows and restored from rows.
pub trait Stored {
    /// Whether its rows are those of state without rules.
    fn is_plain(&self) -> bool;

    /// Makes room for so many keys, before any is restored.
    fn reserve(&mut self, keys: usize);

    /// Restores the open state of a key.
    ///
    /// # Errors
    /// What is wrong with the row.
    fn restore_row(&mut self, row: OpenRow<'_>) -> Result<(), String>;

    /// Encodes the open state. Linear; without rules, about 30 bytes for each key besides the key itself.
    fn encode(&mut self) -> EncodedPartition;
}

impl Stored for GapReducer {
    fn is_plain(&self) -> bool {
        true
    }

    fn reserve(&mut self, keys: usize) {
        Self::reserve(self, keys);
    }

    fn restore_row(&mut self, row: OpenRow<'_>) -> Result<(), String> {
        let open = row.open.map(session).transpose()?;
        let tail = row.tail_us.iter().map(|&us| time(us)).collect::<Result<Vec<_>, _>>()?;
        let state = KeyState { key: &row.key, open, buffered: &tail };
        self.restore(state, KeyHash::of(&row.key).table());
        Ok(())
    }

    fn encode(&mut self) -> EncodedPartition {
        let mut encoded = EncodedPartition::default();
        self.open_state(|state| {
            encoded.open.add(OpenCounts::of_key(state.open.map(|open| open.start), state.events()));
            encoded.push(plain_row(&state));
        });
        encoded
    }
}

impl Stored for RuleReducer {
    fn is_plain(&self) -> bool {
        false
    }

    fn reserve(&mut self, keys: usize) {
        Self::reserve(self, keys);
    }

    fn restore_row(&mut self, row: OpenRow<'_>) -> Result<(), String> {
        let state = row.ruled.ok_or("a row without rules is among rows under rules")?;
        let (state, tail) = restored(*state, self.rules())?;
        self.restore(&row.key, KeyHash::of(&row.key).table(), state, tail.into_iter());
        Ok(())
    }

    fn encode(&mut self) -> EncodedPartition {
        let mut encoded = EncodedPartition::default();
        self.open_state(|state| {
            let start = state.state.open.as_ref().map(|session| session.open.start);
            encoded.open.add(OpenCounts::of_key(start, state.events()));
            encoded.push(ruled_row(&state));
        });
        encoded
    }
}

impl Stored for PartitionReducer {
    fn is_plain(&self) -> bool {
        matches!(self, Self::Gap(_))
    }

    fn reserve(&mut self, keys: usize) {
        match self {
            Self::Gap(reducer) => reducer.reserve(keys),
            Self::Rules(reducer) => reducer.reserve(keys),
            Self::Correcting(reducer) => reducer.state().reserve(keys),
        }
    }

    fn restore_row(&mut self, row: OpenRow<'_>) -> Result<(), String> {
        match self {
            Self::Gap(reducer) => reducer.restore_row(row),
            Self::Rules(reducer) => reducer.restore_row(row),
            Self::Correcting(reducer) => reducer.state().restore_row(row),
        }
    }

    fn encode(&mut self) -> EncodedPartition {
        match self {
            Self::Gap(reducer) => reducer.encode(),
            Self::Rules(reducer) => reducer.encode(),
            Self::Correcting(reducer) => {
                let open = reducer.open();
                let mut encoded = reducer.state().encode();
                encoded.open = open;
                encoded
            }
        }
    }
}
