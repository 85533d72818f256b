//! Reads a manifest; what is read is written as it will be read again.

use sessionize::internals::Manifest;

/// All bytes are one manifest.
pub fn check(data: &[u8]) {
    let Ok(manifest) = Manifest::from_bytes(data) else { return };
    assert!(manifest.mark().is_some());
    let _ = (manifest.follows(), manifest.retracts().next());
    assert_eq!(Manifest::from_bytes(&manifest.to_bytes()), Ok(manifest));
}
