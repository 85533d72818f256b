//! Packed events in the order of arrival: the form in which they reach a partition.
#![expect(clippy::cast_possible_truncation, reason = "keys and payloads are at most 65,535 bytes long")]

use super::Timestamp;

/// The bytes before the key of each packed event: time (8), table hash (4), key length (2), payload length (2).
const HEADER_BYTES: usize = 16;

/// Keys up to this length are packed without a call to copy them.
const SHORT_KEY_BYTES: usize = 16;

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
    bytes: Vec<u8>,
    events: usize,
}

impl EventBuffer {
    /// An empty buffer with a capacity of `bytes` bytes.
    pub fn with_room(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), events: 0 }
    }

    /// Appends an event.
    pub fn push(&mut self, event: Event<'_>) {
        let Event { key, payload, .. } = event;
        let mut packed = [0; HEADER_BYTES + SHORT_KEY_BYTES];
        packed[..8].copy_from_slice(&event.time.us().to_le_bytes());
        packed[8..12].copy_from_slice(&event.table_hash.to_le_bytes());
        packed[12..14].copy_from_slice(&(key.len() as u16).to_le_bytes());
        packed[14..HEADER_BYTES].copy_from_slice(&(payload.len() as u16).to_le_bytes());
        if key.len() <= SHORT_KEY_BYTES {
            copy_short(key, &mut packed[HEADER_BYTES..]);
            let end = self.bytes.len() + HEADER_BYTES + key.len();
            self.bytes.extend_from_slice(&packed);
            self.bytes.truncate(end);
        } else {
            self.bytes.extend_from_slice(&packed[..HEADER_BYTES]);
            self.bytes.extend_from_slice(key);
        }
        if !payload.is_empty() {
            self.bytes.extend_from_slice(payload);
        }
        self.events += 1;
    }

    /// Appends all events of `other` in their order.
    pub fn append(&mut self, other: &Self) {
        self.bytes.extend_from_slice(&other.bytes);
        self.events += other.events;
    }

    /// The events in the order of arrival.
    pub fn iter(&self) -> impl Iterator<Item = Event<'_>> {
        let mut rest = self.bytes.as_slice();
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
        &self.bytes
    }

    /// Empties the buffer and keeps its memory: fresh pages cost more than all parsing.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.events = 0;
    }

    /// The same events in the order `(time, seq)`. A stable sort: O(n log n), with 16 bytes for each event besides the copy.
    #[must_use]
    pub fn sorted_by_time(&self) -> Self {
        let mut order: Vec<(i64, usize)> = Vec::with_capacity(self.events);
        let mut offset = 0;
        while let Some((event, rest)) = unpack(&self.bytes[offset..]) {
            order.push((event.time.us(), offset));
            offset = self.bytes.len() - rest.len();
        }
        order.sort_unstable();
        let mut sorted = Self { bytes: Vec::with_capacity(self.bytes.len()), events: self.events };
        for (_, offset) in order {
            let (key, payload) = lengths(&self.bytes[offset..]);
            let length = HEADER_BYTES + key + payload;
            sorted.bytes.extend_from_slice(&self.bytes[offset..offset + length]);
        }
        sorted
    }
}

/// Copies at most 16 bytes, as two pieces of fixed length that may overlap: this needs no loop.
#[inline]
fn copy_short(from: &[u8], to: &mut [u8]) {
    let length = from.len();
    if let (Some(head), Some(tail)) = (from.first_chunk::<8>(), from.last_chunk::<8>()) {
        to[..8].copy_from_slice(head);
        to[length - 8..length].copy_from_slice(tail);
    } else if let (Some(head), Some(tail)) = (from.first_chunk::<4>(), from.last_chunk::<4>()) {
        to[..4].copy_from_slice(head);
        to[length - 4..length].copy_from_slice(tail);
    } else {
        to[..length].copy_from_slice(from);
    }
}

/// The first packed event of `bytes` and the rest; `None` if there is no complete event.
pub(crate) fn unpack(bytes: &[u8]) -> Option<(Event<'_>, &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
    let (time, header_rest) = header.split_first_chunk::<8>()?;
    let (hash, _) = header_rest.split_first_chunk::<4>()?;
    let (key_bytes, payload_bytes) = lengths(bytes);
    let (key, rest) = rest.split_at_checked(key_bytes)?;
    let (payload, behind) = rest.split_at_checked(payload_bytes)?;
    let time = Timestamp::from_us(i64::from_le_bytes(*time))?;
    Some((Event { key, table_hash: u32::from_le_bytes(*hash), time, payload }, behind))
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
        let keys: Vec<Vec<u8>> = (0..40).map(|length| (1..=length).collect()).collect();
        let mut buffer = EventBuffer::default();
        for key in &keys {
            buffer.push(Event { key, table_hash: 7, time: Timestamp::MAX, payload: b"" });
        }
        assert_eq!(buffer.iter().map(|event| event.key.to_vec()).collect::<Vec<_>>(), keys);
        assert!(buffer.iter().all(|event| (event.table_hash, event.time) == (7, Timestamp::MAX)));
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
