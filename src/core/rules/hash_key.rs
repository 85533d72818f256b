//! The flag that hashes keys. The definition has the fingerprint of the secret; the secret itself is nowhere near.

use super::spec::FlagSpec;

/// What a fingerprint begins with: the function under which keys are hashed.
pub const FINGERPRINT_PREFIX: &str = "hmac-sha256:";

/// The hexadecimal digits behind it.
const FINGERPRINT_DIGITS: usize = 16;

/// `--hash-key`: the secret under which keys are hashed.
pub(super) const HASH_KEY: FlagSpec = FlagSpec {
    name: "hash-key",
    value: "env:NAME|file:PATH",
    help: "Replace each key by its HMAC-SHA256 with the secret in this environment variable or file; every run needs the same secret",
    repeats: false,
    canonical: fingerprint,
};

fn fingerprint(value: &str) -> Result<String, String> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    let is_one = |digits: &str| digits.len() == FINGERPRINT_DIGITS && digits.bytes().all(is_digit);
    if value.strip_prefix(FINGERPRINT_PREFIX).is_some_and(is_one) {
        Ok(value.to_owned())
    } else {
        Err("the definition has the fingerprint of a secret, as hmac-sha256: and 16 digits".to_owned())
    }
}
