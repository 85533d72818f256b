//! What rules keep of a key as rows: one encoded state, cut into pieces that fit a chunk.

use super::codec::encode_into;
use super::rows::time;
use crate::core::aggregates::Accumulator;
use crate::core::event::Timestamp;
use crate::core::reducer::RuledState;
use crate::core::rules::{Before, RuleSet, RuledKey, RuledSession};
use crate::core::session::OpenSession;
use crate::migrations::checkpoint::{read, v1};

/// The longest piece of one row. With the longest key before it a row still fits behind a full chunk.
const MAX_PART_BYTES: usize = 4 << 10;

/// Calls `push` with each row of a key.
pub(super) fn for_each_row(state: &RuledState<'_>, push: impl FnMut(&v1::RuledRow<'_>)) {
    let mut bytes = Vec::new();
    encode_into(&state_row(state), &mut bytes);
    for_each_piece(state.key, &bytes, push);
}

/// Calls `push` with each piece of an encoded state.
pub(super) fn for_each_piece(key: &[u8], bytes: &[u8], mut push: impl FnMut(&v1::RuledRow<'_>)) {
    let mut parts = (0..).zip(bytes.chunks(MAX_PART_BYTES)).peekable();
    while let Some((number, part)) = parts.next() {
        push(&v1::RuledRow { key, number, part, more: parts.peek().is_some() });
    }
}

/// What is read of a key: its state and its tail.
pub(super) type Restored = (RuledKey, Vec<(Timestamp, Box<[u8]>)>);

/// Joins the pieces of keys under rules. Pieces of one key follow each other, also from one chunk to the next.
#[derive(Debug, Default)]
pub struct Pieces {
    key: Vec<u8>,
    bytes: Vec<u8>,
    /// The number of the piece that must come next.
    next: u32,
}

impl Pieces {
    /// Takes a row in; hands out the key and its state when its last piece has come.
    pub(super) fn take(
        &mut self,
        version: u32,
        row: &v1::RuledRow<'_>,
    ) -> Result<Option<(Vec<u8>, v1::RuledState)>, String> {
        if row.number != self.next || self.next > 0 && self.key != row.key {
            return Err("a piece of a key is missing".to_owned());
        }
        self.bytes.extend_from_slice(row.part);
        if row.more {
            self.key = row.key.to_vec();
            self.next += 1;
            return Ok(None);
        }
        let bytes = std::mem::take(&mut self.bytes);
        self.next = 0;
        read::ruled_state(version, &bytes).map(|state| Some((row.key.to_vec(), state)))
    }

    /// Whether the last key is whole.
    pub(super) fn is_whole(&self) -> bool {
        self.next == 0
    }

    /// Forgets a key that is not whole, and says whose it was.
    pub(super) fn forget(&mut self) -> Option<Vec<u8>> {
        let Self { key, next, .. } = std::mem::take(self);
        (next > 0).then_some(key)
    }
}

fn state_row(state: &RuledState<'_>) -> v1::RuledState {
    v1::RuledState {
        open: state.state.open.as_ref().map(session_row),
        before: state.state.before.as_ref().map(|before| v1::Before {
            start_us: before.start.us(),
            ordinal: before.ordinal,
            end_us: before.end.us(),
            identities: before.identities.iter().copied().collect(),
        }),
        tail: state.buffered.iter().map(|held| (held.time.us(), held.payload.to_vec())).collect(),
    }
}

fn session_row(session: &RuledSession) -> v1::RuledSession {
    v1::RuledSession {
        open: v1::OpenSession {
            start_us: session.open.start.us(),
            last_us: session.open.last.us(),
            events: session.open.events,
        },
        ordinal: session.ordinal,
        reach_us: session.reach.us(),
        splits: session.splits.stored(),
        accumulators: session.accumulators.iter().map(Accumulator::state).collect(),
        identities: session.identities.iter().copied().collect(),
        rows: session.rows.clone(),
    }
}

/// A stored state as the fold has it.
pub(super) fn restored(row: v1::RuledState, rules: &RuleSet) -> Result<Restored, String> {
    let before = |row: v1::Before| -> Result<Before, String> {
        Ok(Before {
            start: time(row.start_us)?,
            ordinal: row.ordinal,
            end: time(row.end_us)?,
            identities: row.identities.into_iter().collect(),
        })
    };
    let held = |(us, payload): (i64, Vec<u8>)| Ok((time(us)?, payload.into_boxed_slice()));
    let open = row.open.map(|row| session(row, rules)).transpose()?;
    let key = RuledKey { open, before: row.before.map(before).transpose()?, dropped: None };
    Ok((key, row.tail.into_iter().map(held).collect::<Result<_, String>>()?))
}

fn session(row: v1::RuledSession, rules: &RuleSet) -> Result<RuledSession, String> {
    Ok(RuledSession {
        open: OpenSession {
            start: time(row.open.start_us)?,
            last: time(row.open.last_us)?,
            events: row.open.events,
        },
        ordinal: row.ordinal,
        reach: time(row.reach_us)?,
        splits: rules.restore_splits(time(row.open.start_us)?, row.splits)?,
        accumulators: rules.restore_accumulators(row.accumulators)?,
        identities: row.identities.into_iter().collect(),
        rows: row.rows,
    })
}
