//! Session ids: UUID version 5 (RFC 9562, section 5.5) over key, start and ordinal.

use crate::event::Timestamp;
use sha1::{Digest, Sha1};
use uuid::{Builder, Uuid, fmt::Hyphenated, uuid};

/// The namespace of all session ids.
pub const NAMESPACE: Uuid = uuid!("f3400e8f-3a70-5ca7-8b74-ca43764d47a9");

/// The ASCII unit separator; it stands between the parts of the name.
const UNIT_SEPARATOR: u8 = 0x1F;

/// The stable id of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(Uuid);

impl SessionId {
    /// The id of the session of `key` that begins at `start`; `ordinal` counts sessions of the key with that start.
    ///
    /// The name is `key US start US ordinal`, with `start` in RFC 3339 UTC with six decimals.
    pub fn derive(key: &[u8], start: Timestamp, ordinal: u32) -> Self {
        let mut hash = Sha1::new();
        hash.update(NAMESPACE.as_bytes());
        hash.update(key);
        hash.update([UNIT_SEPARATOR]);
        hash.update(start.rfc3339_micros());
        hash.update([UNIT_SEPARATOR]);
        hash.update(itoa::Buffer::new().format(ordinal));
        let digest: [u8; 20] = hash.finalize().into();
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        Self(Builder::from_sha1_bytes(first).into_uuid())
    }

    /// Appends the id in its 36 characters.
    pub fn write(self, out: &mut Vec<u8>) {
        let mut text = [0; Hyphenated::LENGTH];
        out.extend_from_slice(self.0.hyphenated().encode_lower(&mut text).as_bytes());
    }
}

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_the_version_5_uuid_of_the_documented_name(key: Vec<u8>, us in 0_i64..4_000_000_000_000_000, ordinal: u32) {
            let start = Timestamp::from_us(us).unwrap();
            let moment = chrono::DateTime::from_timestamp_micros(us).unwrap().format("%Y-%m-%dT%H:%M:%S%.6fZ");
            let mut name = key.clone();
            name.extend_from_slice(format!("\x1f{moment}\x1f{ordinal}").as_bytes());
            prop_assert_eq!(SessionId::derive(&key, start, ordinal).0, Uuid::new_v5(&NAMESPACE, &name));
        }
    }
}
