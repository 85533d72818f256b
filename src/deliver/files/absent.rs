//! What stands for buckets in a build without them.

use super::store::Store;
use crate::error::{Error, ErrorKind, Result};

/// Refuses every URL.
///
/// # Errors
/// [`ErrorKind::Usage`]
pub(super) fn open(url: &str) -> Result<Box<dyn Store>> {
    let what = "this build does not deliver to object stores";
    Err(Error::new(ErrorKind::Usage, what).at(url).remedy(
        "install one that does by cargo install --path . --features cloud; or deliver to a folder, and copy it",
    ))
}
