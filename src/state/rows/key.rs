//! The open state of one key: from the values of the core to a row of the format, and back.

use crate::core::aggregates::Accumulator;
use crate::core::event::Timestamp;
use crate::core::reducer::{KeyState, RuledState};
use crate::core::rules::{Before, RuleSet, RuledKey, RuledSession};
use crate::core::session::{OpenSession, events_in};
use crate::migrations::checkpoint::{OpenRow, v1};
use std::borrow::Cow;

/// The state of a key with rules: the folded state and the buffered events.
pub(super) type Restored = (RuledKey, Vec<(Timestamp, Box<[u8]>)>);

/// The row of a key without rules.
pub(super) fn plain_row<'k>(state: &KeyState<'k>) -> OpenRow<'k> {
    OpenRow {
        key: Cow::Borrowed(state.key),
        open: state.open.as_ref().map(session_row),
        tail_us: state.buffered.iter().map(|time| time.us()).collect(),
        ruled: None,
    }
}

/// The row of a key with rules.
pub(super) fn ruled_row<'k>(state: &RuledState<'k>) -> OpenRow<'k> {
    let before = state.state.before.as_ref().map(|before| v1::Before {
        start_us: before.start.us(),
        ordinal: before.ordinal,
        end_us: before.end.us(),
        identities: before.identities.iter().copied().collect(),
    });
    let open = state.state.open.as_ref().map(ruled_session_row);
    let tail = state.buffered.iter().map(|held| (held.time.us(), held.payload.to_vec())).collect();
    OpenRow::under_rules(Cow::Borrowed(state.key), v1::RuledState { open, before, tail })
}

fn session_row(open: &OpenSession) -> v1::OpenSession {
    v1::OpenSession { start_us: open.start.us(), last_us: open.last.us(), events: open.events }
}

fn ruled_session_row(session: &RuledSession) -> v1::RuledSession {
    v1::RuledSession {
        open: session_row(&session.open),
        ordinal: session.ordinal,
        end_us: session.end.us(),
        reach_us: session.reach.us(),
        splits: session.splits.stored(),
        accumulators: session.accumulators.iter().map(Accumulator::state).collect(),
        identities: session.identities.iter().copied().collect(),
        rows: events_in(session.rows.bytes()).map(<[u8]>::to_vec).collect(),
    }
}

pub(in crate::state) fn time(us: i64) -> Result<Timestamp, String> {
    Timestamp::from_us(us).ok_or_else(|| format!("{us} microseconds is not a time in the years 1 to 9999"))
}

/// An open session in the form of the fold.
pub(super) fn session(row: v1::OpenSession) -> Result<OpenSession, String> {
    Ok(OpenSession { start: time(row.start_us)?, last: time(row.last_us)?, events: row.events })
}

/// A stored state with rules in the form of the fold.
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
    let open = row.open.map(|row| ruled_session(row, rules)).transpose()?;
    let key = RuledKey { open, before: row.before.map(before).transpose()?.map(Box::new), dropped: None };
    Ok((key, row.tail.into_iter().map(held).collect::<Result<_, String>>()?))
}

fn ruled_session(row: v1::RuledSession, rules: &RuleSet) -> Result<RuledSession, String> {
    Ok(RuledSession {
        open: session(row.open)?,
        ordinal: row.ordinal,
        end: time(row.end_us)?,
        reach: time(row.reach_us)?,
        splits: rules.restore_splits(time(row.open.start_us)?, row.splits)?,
        accumulators: rules.restore_accumulators(row.accumulators)?,
        identities: row.identities.into_iter().collect(),
        rows: row.rows.into_iter().collect(),
    })
}
