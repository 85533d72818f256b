//! Session ids: UUID version 5 (RFC 9562, section 5.5) over key, start and ordinal.

use crate::core::event::{TimeText, Timestamp};
use sha1::{Digest, Sha1, block_api::compress};
use uuid::{Builder, Uuid, fmt::Hyphenated, uuid};

/// The namespace of all session ids.
pub const NAMESPACE: Uuid = uuid!("f3400e8f-3a70-5ca7-8b74-ca43764d47a9");

/// The ASCII unit separator, which separates the parts of the name.
const UNIT_SEPARATOR: u8 = 0x1F;

const NAMESPACE_BYTES: usize = 16;

/// The block length and the initial state of SHA-1 (FIPS 180-4, section 5.3.1).
const BLOCK_BYTES: usize = 64;
const SHA1_START: [u32; 5] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];

/// The id of a session, the same for the same key, start and ordinal: a UUID of version 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(Uuid);

impl SessionId {
    /// Returns the id of the session of `key` that begins at `start`. `ordinal` counts the earlier sessions of the key with the
    /// same start.
    ///
    /// The name in the UUID is `key US start US ordinal`, with `start` in RFC 3339 UTC with six decimals.
    pub(crate) fn derive(key: &[u8], start: Timestamp, ordinal: u32) -> Self {
        Self::derive_at(key, &start.text(), ordinal)
    }

    /// The same for a start whose text is known: formatting it costs as much as hashing it.
    pub(crate) fn derive_at(key: &[u8], start: &TimeText, ordinal: u32) -> Self {
        let mut digits = itoa::Buffer::new();
        // Nearly every session is the only one of its key with its start.
        let ordinal = if ordinal == 0 { b"0" } else { digits.format(ordinal).as_bytes() };
        let digest = short_digest(key, start, ordinal).unwrap_or_else(|| {
            let mut hash = Sha1::new();
            hash.update(NAMESPACE.as_bytes());
            hash.update(key);
            hash.update([UNIT_SEPARATOR]);
            hash.update(start.fixed());
            hash.update([UNIT_SEPARATOR]);
            hash.update(ordinal);
            hash.finalize().into()
        });
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        Self(Builder::from_sha1_bytes(first).into_uuid())
    }

    /// Appends the 36 characters of the id.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.text());
    }

    /// The 36 characters of the id.
    pub(crate) fn text(self) -> [u8; Hyphenated::LENGTH] {
        let mut text = [0; Hyphenated::LENGTH];
        self.0.hyphenated().encode_lower(&mut text);
        text
    }
}

/// The digest of a name that fits into two blocks with its padding, as nearly all do. It writes the parts directly into the
/// blocks, which halves the cost. `None` for a longer name.
fn short_digest(key: &[u8], start: &TimeText, ordinal: &[u8]) -> Option<[u8; 20]> {
    let start_at = NAMESPACE_BYTES + key.len() + 1;
    let ordinal_at = start_at + start.fixed().len() + 1;
    let length = ordinal_at + ordinal.len();
    // A one bit and the length in bits follow every message.
    let blocks_used = (length + 1 + 8).div_ceil(BLOCK_BYTES);
    let mut blocks = [[0; BLOCK_BYTES]; 2];
    if blocks_used > blocks.len() {
        return None;
    }
    let message = blocks.as_flattened_mut();
    message[..NAMESPACE_BYTES].copy_from_slice(NAMESPACE.as_bytes());
    message[NAMESPACE_BYTES..start_at - 1].copy_from_slice(key);
    message[start_at - 1] = UNIT_SEPARATOR;
    message[start_at..ordinal_at - 1].copy_from_slice(start.fixed());
    message[ordinal_at - 1] = UNIT_SEPARATOR;
    message[ordinal_at..length].copy_from_slice(ordinal);
    message[length] = 0x80;
    let end = blocks_used * BLOCK_BYTES;
    message[end - 8..end].copy_from_slice(&(8 * length as u64).to_be_bytes());
    let mut state = SHA1_START;
    compress(&mut state, &blocks[..blocks_used]);
    let mut digest = [0; 20];
    for (bytes, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    Some(digest)
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
        fn is_the_version_5_uuid_of_the_documented_name(
            key in proptest::collection::vec(any::<u8>(), 0..130),
            us in 0_i64..4_000_000_000_000_000, ordinal: u32) {
            let start = Timestamp::from_us(us).unwrap();
            let moment = chrono::DateTime::from_timestamp_micros(us).unwrap().format("%Y-%m-%dT%H:%M:%S%.6fZ");
            let mut name = key.clone();
            name.extend_from_slice(format!("\x1f{moment}\x1f{ordinal}").as_bytes());
            prop_assert_eq!(SessionId::derive(&key, start, ordinal).0, Uuid::new_v5(&NAMESPACE, &name));
        }
    }

    #[test]
    fn its_text_is_that_of_the_uuid() {
        let id = SessionId::derive(b"a", Timestamp::from_us(0).unwrap(), 0);
        let expected = Uuid::new_v5(&NAMESPACE, b"a\x1f1970-01-01T00:00:00.000000Z\x1f0").to_string();
        let mut written = b"id ".to_vec();
        id.write(&mut written);
        assert_eq!((id.to_string(), written), (expected.clone(), format!("id {expected}").into_bytes()));
    }
}
