//! Parts of sessions, packed: the form in which they reach a partition.

use crate::core::event::{Event, EventBuffer, Timestamp};
use crate::core::partition::{GROUPS, PartitionId};
use crate::core::session::OpenSession;

/// The bytes of the time of the last event, and of the number of events.
const PACKED_BYTES: usize = 16;

/// Events of one key that lie within the gap of each other, in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPart<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The half of the key's hash that finds the key in a table.
    pub table_hash: u32,
    /// What the events come to.
    pub events: OpenSession,
}

/// Parts by group of partitions, in the order in which they were added. It is cleared and filled again, and keeps its memory.
#[derive(Debug)]
pub struct SessionParts {
    /// Each part as its first event; the payload says the rest.
    groups: Vec<EventBuffer>,
}

impl Default for SessionParts {
    fn default() -> Self {
        Self { groups: vec![EventBuffer::default(); GROUPS] }
    }
}

impl SessionParts {
    /// Removes all parts.
    pub fn clear(&mut self) {
        self.groups.iter_mut().for_each(EventBuffer::clear);
    }

    pub(super) fn push(&mut self, part: SessionPart<'_>) {
        let SessionPart { key, table_hash, events: OpenSession { start, last, events } } = part;
        let mut payload = [0; PACKED_BYTES];
        payload[..8].copy_from_slice(&last.us().to_le_bytes());
        payload[8..].copy_from_slice(&events.to_le_bytes());
        let (group, _) = PartitionId::of_table_hash(table_hash).group();
        self.groups[group].push(Event { key, table_hash, time: start, payload: &payload });
    }

    /// The parts of a group of partitions.
    pub fn of_group(&self, group: usize) -> impl Iterator<Item = SessionPart<'_>> {
        // Each has the payload that it was pushed with.
        self.groups[group].iter().filter_map(unpacked)
    }
}

/// The part whose first event this is.
fn unpacked(event: Event<'_>) -> Option<SessionPart<'_>> {
    let Event { key, table_hash, time: start, payload } = event;
    let (last, events) = (payload.first_chunk::<8>()?, payload.last_chunk::<8>()?);
    let last = Timestamp::from_us(i64::from_le_bytes(*last))?;
    Some(SessionPart {
        key,
        table_hash,
        events: OpenSession { start, last, events: u64::from_le_bytes(*events) },
    })
}
