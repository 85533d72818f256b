//! Reads a manifest; what is read is written as it will be read again.

use sessionize::internals::Manifest;

/// All bytes are one manifest. Whether it is one.
pub fn check(data: &[u8]) -> bool {
    let Ok(manifest) = Manifest::from_bytes(data) else { return false };
    let _ = (manifest.mark(), manifest.follows(), manifest.retracts().next());
    assert_eq!(Manifest::from_bytes(&manifest.to_bytes()), Ok(manifest));
    true
}
