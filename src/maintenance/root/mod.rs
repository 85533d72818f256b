//! A checkpoint as a root of distributed runs, and back.

mod exporting;
mod importing;

pub(super) use exporting::export;
pub(super) use importing::lines;

use crate::distributed::META_NAME;
use std::path::Path;

/// Whether a path names a root: what has the document that every root has, or is a URL.
pub(super) fn is_root(address: &Path) -> bool {
    address.to_string_lossy().contains("://") || address.join(META_NAME).is_file()
}
