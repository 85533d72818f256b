//! Reducers with stored open state: how the state becomes rows, and how rows become the state.

use super::encoded::EncodedPartition;
use super::key::{plain_row, restored, ruled_row, session, time};
use crate::core::partition::KeyHash;
use crate::core::reducer::{
    Fate, GapReducer, KeyState, OpenCounts, PartitionReducer, RuleReducer, RuledState,
};
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

    /// Appends to `changes` what has changed since the open state was restored, and adds up the counts of the whole state. Returns
    /// whether these are all changes: they may be unknown, or longer than `most_bytes`, and then nothing of it is to be used. Linear; writes
    /// only what has changed.
    fn encode_changes(&mut self, changes: &mut EncodedPartition, most_bytes: usize) -> bool;
}

/// The open state of one key.
trait OpenKey {
    /// What it counts for.
    fn counts(&self) -> OpenCounts;

    /// Its row.
    fn row(&self) -> OpenRow<'_>;
}

impl OpenKey for KeyState<'_> {
    fn counts(&self) -> OpenCounts {
        OpenCounts::of_key(self.open.map(|open| open.start), self.events())
    }

    fn row(&self) -> OpenRow<'_> {
        plain_row(self)
    }
}

impl OpenKey for RuledState<'_> {
    fn counts(&self) -> OpenCounts {
        OpenCounts::of_key(self.state.open.as_ref().map(|session| session.open.start), self.events())
    }

    fn row(&self) -> OpenRow<'_> {
        ruled_row(self)
    }
}

fn push(encoded: &mut EncodedPartition, key: &impl OpenKey) {
    encoded.open.add(key.counts());
    encoded.push(key.row());
}

/// Counts a key, and appends it to `changes` if it is one. Returns whether these fit.
fn push_change(changes: &mut EncodedPartition, key: &impl OpenKey, fate: Fate, most_bytes: usize) -> bool {
    if fate != Fate::Gone {
        changes.open.add(key.counts());
    }
    fate == Fate::Unchanged || changes.push_change(key.row(), most_bytes)
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
        self.open_state(|state| push(&mut encoded, &state));
        encoded
    }

    fn encode_changes(&mut self, changes: &mut EncodedPartition, most_bytes: usize) -> bool {
        let mut fit = true;
        let are_all = self.changes(|state, fate| fit = fit && push_change(changes, &state, fate, most_bytes));
        fit && are_all
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
        self.open_state(|state| push(&mut encoded, &state));
        encoded
    }

    fn encode_changes(&mut self, changes: &mut EncodedPartition, most_bytes: usize) -> bool {
        let mut fit = true;
        let are_all = self.changes(|state, fate| fit = fit && push_change(changes, &state, fate, most_bytes));
        fit && are_all
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

    fn encode_changes(&mut self, changes: &mut EncodedPartition, most_bytes: usize) -> bool {
        match self {
            Self::Gap(reducer) => reducer.encode_changes(changes, most_bytes),
            Self::Rules(reducer) => reducer.encode_changes(changes, most_bytes),
            Self::Correcting(reducer) => {
                let are_all = reducer.state().encode_changes(changes, most_bytes);
                changes.open = reducer.open();
                are_all
            }
        }
    }
}
