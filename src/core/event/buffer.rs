//! Packed events in the order of arrival: the form in which they reach a partition.
#![expect(clippy::cast_possible_truncation, reason = "parts of a word")]

use super::Timestamp;
use super::short::{SHORT_BYTES, copy_short};

/// The bytes before the key of each packed event: time (8), table hash (4), key length (2), payload length (2).
const HEADER_BYTES: usize = 16;

/// What is written of each event at least, whatever its length: a length that is known needs no loop.
const FEWEST_BYTES: usize = HEADER_BYTES + SHORT_BYTES;

/// The least by which a buffer grows: memory that grows from nothing touches many fresh pages.
const GROWTH_BYTES: usize = 4 << 10;

/// An event, borrowed from the buffer that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The half of the key's hash that finds the key in a table ([`crate::core::partition::KeyHash::table`]).
    pub table_hash: u32,
    /// The event time.
    pub time: Timestamp,
    /// The packed values that the rules need; empty if they need none. At most 65,535 bytes.
    pub payload: &'a [u8],
}

/// Packed events; `seq` is the position. Appending an event costs one copy of its key.
#[derive(Debug, Default, Clone)]
pub struct EventBuffer {
    /// The packed bytes, and behind them old content: an event is written in pieces of fixed length, the last of which may reach
    /// beyond it.
    memory: Vec<u8>,
    length: usize,
    events: usize,
}

impl EventBuffer {
    /// Appends an event.
    #[inline]
    pub fn push(&mut self, event: Event<'_>) {
        let Event { key, payload, .. } = event;
        let length = HEADER_BYTES + key.len() + payload.len();
        let written = length.max(FEWEST_BYTES);
        if self.memory.len() < self.length + written {
            self.grow(written);
        }
        let packed = &mut self.memory[self.length..self.length + written];
        let lengths = (payload.len() as u64) << 48 | (key.len() as u64) << 32;
        if let Some(short) = packed.first_chunk_mut::<FEWEST_BYTES>() {
            short[..8].copy_from_slice(&event.time.us().to_le_bytes());
            short[8..HEADER_BYTES].copy_from_slice(&(lengths | u64::from(event.table_hash)).to_le_bytes());
            copy_short(key, &mut short[HEADER_BYTES..]);
        }
        if key.len() > SHORT_BYTES {
            packed[HEADER_BYTES..HEADER_BYTES + key.len()].copy_from_slice(key);
        }
        if !payload.is_empty() {
            packed[HEADER_BYTES + key.len()..length].copy_from_slice(payload);
        }
        self.length += length;
        self.events += 1;
    }

    /// Makes room for an event of so many bytes. What is written ahead is a page or the event: memory of a large buffer that no event
    /// has reached stays untouched.
    #[cold]
    fn grow(&mut self, length: usize) {
        self.memory.resize(self.length + length.max(GROWTH_BYTES), 0);
    }

    /// The events in the order of arrival.
    pub fn iter(&self) -> impl Iterator<Item = Event<'_>> {
        let mut rest = self.bytes();
        std::iter::from_fn(move || {
            let (event, behind) = unpack(rest)?;
            rest = behind;
            Some(event)
        })
    }

    /// Whether the buffer has no events.
    pub fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// The packed bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.memory[..self.length]
    }

    /// Empties the buffer and keeps its memory: fresh pages cost more than all parsing.
    pub fn clear(&mut self) {
        self.length = 0;
        self.events = 0;
    }

    /// The same events in the order `(time, seq)`. A stable sort: O(n log n), with 16 bytes for each event besides the copy.
    #[must_use]
    pub fn sorted_by_time(&self) -> Self {
        let bytes = self.bytes();
        let mut order: Vec<(i64, usize)> = Vec::with_capacity(self.events);
        let mut offset = 0;
        while let Some((event, rest)) = unpack(&bytes[offset..]) {
            order.push((event.time.us(), offset));
            offset = bytes.len() - rest.len();
        }
        order.sort_unstable();
        let mut memory = Vec::with_capacity(bytes.len());
        for (_, offset) in order {
            let (key, payload) = lengths(&bytes[offset..]);
            memory.extend_from_slice(&bytes[offset..offset + HEADER_BYTES + key + payload]);
        }
        Self { memory, length: self.length, events: self.events }
    }
}

/// The first packed event of `bytes` and the rest; `None` if there is no complete event.
pub(crate) fn unpack(bytes: &[u8]) -> Option<(Event<'_>, &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
    let [time, lengths_and_hash] = [header.first_chunk::<8>()?, header.last_chunk::<8>()?];
    let [time, lengths_and_hash] = [time, lengths_and_hash].map(|word| u64::from_le_bytes(*word));
    let (key, rest) = rest.split_at_checked((lengths_and_hash >> 32) as usize & 0xFFFF)?;
    let (payload, behind) = rest.split_at_checked((lengths_and_hash >> 48) as usize)?;
    let time = Timestamp::from_us(time.cast_signed())?;
    Some((Event { key, table_hash: lengths_and_hash as u32, time, payload }, behind))
}

/// The lengths of key and payload of the event at the start of `packed`.
fn lengths(packed: &[u8]) -> (usize, usize) {
    let lengths = packed.get(12..).and_then(|bytes| bytes.first_chunk::<4>());
    let [k0, k1, p0, p1] = lengths.copied().unwrap_or_default();
    (usize::from(u16::from_le_bytes([k0, k1])), usize::from(u16::from_le_bytes([p0, p1])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(events: &[(&'static [u8], i64)]) -> EventBuffer {
        let mut buffer = EventBuffer::default();
        for &(key, us) in events {
            buffer.push(Event {
                key,
                table_hash: 7,
                time: Timestamp::from_us(us).unwrap(),
                payload: b"kept",
            });
        }
        buffer
    }

    fn pairs(buffer: &EventBuffer) -> Vec<(&[u8], i64)> {
        buffer.iter().map(|event| (event.key, event.time.us())).collect()
    }

    #[test]
    fn gives_back_what_was_pushed() {
        let events: [(&[u8], i64); 3] = [(b"apple", 5), (b"", -3), (b"\xFF\n,", 0)];
        let buffer = buffer(&events);
        assert_eq!(pairs(&buffer), events);
        assert!(buffer.iter().all(|event| event.payload == b"kept"));
    }

    #[test]
    fn keys_of_every_length_come_back() {
        let keys: Vec<Vec<u8>> = (0..100).map(|length| (1..=length).collect()).collect();
        let mut buffer = EventBuffer::default();
        for key in &keys {
            buffer.push(Event { key, table_hash: 7, time: Timestamp::MAX, payload: b"" });
        }
        assert_eq!(buffer.iter().map(|event| event.key.to_vec()).collect::<Vec<_>>(), keys);
        assert!(buffer.iter().all(|event| (event.table_hash, event.time) == (7, Timestamp::MAX)));
    }

    #[test]
    fn a_buffer_is_empty_until_an_event_comes_and_when_it_is_cleared() {
        let mut buffer = EventBuffer::default();
        assert!(buffer.is_empty());
        for round in 0..2 {
            buffer.push(Event { key: b"a", table_hash: 7, time: Timestamp::MAX, payload: b"" });
            assert!(!buffer.is_empty(), "{round}");
            assert_eq!(buffer.iter().count(), 1, "{round}");
            buffer.clear();
            assert!(buffer.is_empty() && buffer.bytes().is_empty(), "{round}");
        }
    }

    #[test]
    fn sorts_by_time_and_keeps_the_order_of_ties() {
        let buffer = buffer(&[(b"a", 2), (b"b", 1), (b"c", 2), (b"d", 1)]);
        assert_eq!(pairs(&buffer.sorted_by_time()), [(&b"b"[..], 1), (b"d", 1), (b"a", 2), (b"c", 2)]);
    }

    #[test]
    fn a_cut_buffer_has_no_half_event() {
        let whole = buffer(&[(b"apple", 5)]);
        assert_eq!(unpack(&whole.bytes()[..whole.bytes().len() - 1]), None);
    }
}
