//! Hashes in the place of keys: HMAC-SHA256 under a secret that only the command knows.

use crate::core::event::KEY_SEPARATOR;
use crate::core::rules::FINGERPRINT_PREFIX;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The hexadecimal digits of a hash.
pub const HASH_DIGITS: usize = 64;

/// Fewer bytes than this could be guessed.
const MIN_SECRET_BYTES: usize = 16;

/// What the fingerprint of a secret is the hash of, and the digits of it that are kept. No key is hashed to it by chance.
const FINGERPRINT_OF: &[u8] = b"\0sessionize: the fingerprint of a secret\0";
const FINGERPRINT_DIGITS: usize = 16;

/// Replaces keys by their hashes under a secret. Nothing that it shows tells the secret.
#[derive(Clone)]
pub struct KeyHasher {
    /// The state behind the secret: hashing begins with a copy of it.
    keyed: Hmac<Sha256>,
    fingerprint: String,
}

impl KeyHasher {
    /// Hashes under `secret`.
    ///
    /// # Errors
    /// If it is so short that it could be guessed.
    pub fn new(secret: &[u8]) -> Result<Self, String> {
        let too_short = || {
            format!("the secret has {} bytes, and fewer than {MIN_SECRET_BYTES} can be guessed", secret.len())
        };
        let keyed = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| too_short())?;
        if secret.len() < MIN_SECRET_BYTES {
            return Err(too_short());
        }
        let mut hasher = Self { keyed, fingerprint: String::new() };
        let digits = hasher.hash(FINGERPRINT_OF);
        let digits = String::from_utf8_lossy(&digits[..FINGERPRINT_DIGITS]);
        hasher.fingerprint = [FINGERPRINT_PREFIX, &digits].concat();
        Ok(hasher)
    }

    /// What tells the secret from others, and does not tell the secret: the value of the rule `hash-key`.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The hash of a value, in lower-case hexadecimal digits. Linear in the value, from about half a microsecond on.
    pub fn hash(&self, value: &[u8]) -> [u8; HASH_DIGITS] {
        let mut mac = self.keyed.clone();
        mac.update(value);
        let hash = mac.finalize().into_bytes();
        let mut digits = [0; HASH_DIGITS];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(hash) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        digits
    }

    /// The key of several `parts`, each hashed. A missing part stays missing.
    pub fn key<'p>(&self, parts: impl Iterator<Item = &'p [u8]>) -> Vec<u8> {
        let hashed = |part: &[u8]| if part.is_empty() { Vec::new() } else { self.hash(part).to_vec() };
        parts.map(hashed).collect::<Vec<_>>().join(&KEY_SEPARATOR)
    }
}

const fn digit(half: u8) -> u8 {
    match half {
        0..=9 => b'0' + half,
        _ => b'a' - 10 + half,
    }
}

impl std::fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("KeyHasher").field(&self.fingerprint).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231: secret, value, hash.
    const VECTORS: [(&[u8], &[u8], &str); 4] = [
        (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
        // hmac.new(b"0123456789abcdef", b"apple", hashlib.sha256).hexdigest() of Python
        (b"0123456789abcdef", b"apple", "7d9f9a614fc23d06ed2657897fd35ea3e692f1f5b7220c2c0c21d2c8ef7d9193"),
    ];

    #[test]
    fn hashes_are_those_of_the_standard() {
        for (secret, value, hash) in VECTORS {
            assert_eq!(KeyHasher::new(secret).unwrap().hash(value)[..], *hash.as_bytes());
        }
    }

    #[test]
    fn a_fingerprint_is_a_hash_of_its_own_and_all_that_is_shown() {
        // hmac.new(b"0123456789abcdef", b"\0sessionize: the fingerprint of a secret\0", hashlib.sha256).hexdigest()[:16]
        let hasher = KeyHasher::new(b"0123456789abcdef").unwrap();
        assert_eq!(hasher.fingerprint(), "hmac-sha256:210fd859dd69d246");
        assert_eq!(format!("{hasher:?}"), "KeyHasher(\"hmac-sha256:210fd859dd69d246\")");
        assert_ne!(KeyHasher::new(b"0123456789abcdeg").unwrap().fingerprint(), hasher.fingerprint());
    }

    #[test]
    fn a_secret_that_can_be_guessed_is_refused() {
        for secret in [&b""[..], b"0123456789abcde"] {
            assert!(KeyHasher::new(secret).unwrap_err().ends_with("fewer than 16 can be guessed"));
        }
    }

    #[test]
    fn the_parts_of_a_key_are_hashed_one_by_one_and_a_missing_one_stays_missing() {
        let hasher = KeyHasher::new(&[7; 16]).unwrap();
        let [a, b] = [hasher.hash(b"a"), hasher.hash(b"b")];
        assert_eq!(hasher.key([&b"a"[..], b"", b"b"].into_iter()), [&a[..], b"\x1e\x1e", &b].concat());
        assert_eq!(hasher.key([&b"a"[..]].into_iter()), a);
    }
}
