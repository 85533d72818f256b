//! The identity of a checkpoint, for everything outside of it.

use std::fmt;
use uuid::{Builder, Uuid};

/// The id by which outputs, exports and followers know a checkpoint: a UUID, generated when the checkpoint is created.
///
/// An import that takes over the output folder continues under the same id; with another folder it is another stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamId(Uuid);

impl StreamId {
    /// The id from random bytes (version 4).
    pub const fn of_random(bytes: [u8; 16]) -> Self {
        Self(Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The id with these bytes.
    pub const fn of_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// Its bytes.
    pub const fn bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// Parses what `Display` writes: 36 characters in lower case.
    pub fn read(text: &str) -> Option<Self> {
        let id = Self(Uuid::try_parse(text).ok()?);
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written_and_no_other_way() {
        let id = StreamId::of_random([0xFF; 16]);
        assert_eq!(id.to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(StreamId::read(&id.to_string()), Some(id));
        assert_eq!(StreamId::of_bytes(id.bytes()), id);
        for wrong in ["", "ffffffffffff4fffbfffffffffffffff", "FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF"] {
            assert_eq!(StreamId::read(wrong), None, "{wrong}");
        }
    }
}
