//! The values of the events of sessions, in one piece.

/// The bytes before each event: its length.
const LENGTH_BYTES: usize = 4;

/// Room for so many events at first: most sessions have several.
const FIRST_EVENTS: usize = 2;

/// The packed values of events in their order, each behind its length (4 bytes, little-endian). One allocation holds those of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventRows(Vec<u8>);

impl EventRows {
    /// Appends the packed values of an event, of at most 65,535 bytes.
    #[expect(clippy::cast_possible_truncation, reason = "the values of an event are at most 65,535 bytes")]
    pub fn push(&mut self, event: &[u8]) {
        if self.0.capacity() == 0 {
            self.0.reserve(FIRST_EVENTS * Self::bytes_of(event));
        }
        self.0.extend_from_slice(&(event.len() as u32).to_le_bytes());
        self.0.extend_from_slice(event);
    }

    /// The bytes that such an event takes.
    pub const fn bytes_of(event: &[u8]) -> usize {
        LENGTH_BYTES + event.len()
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<E: AsRef<[u8]>> FromIterator<E> for EventRows {
    fn from_iter<I: IntoIterator<Item = E>>(events: I) -> Self {
        let mut rows = Self::default();
        events.into_iter().for_each(|event| rows.push(event.as_ref()));
        rows
    }
}

/// The events in the bytes of some [`EventRows`].
pub fn events_in(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
        let (event, behind) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        bytes = behind;
        Some(event)
    })
}
