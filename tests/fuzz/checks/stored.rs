//! Decodes a row of the checkpoint; what is decoded is encoded as it will be decoded again.

use sessionize::internals::{StoredRow, recode};

/// The first byte picks the kind of row, the rest is the row without its checksum. Whether it is one.
pub fn check(data: &[u8]) -> bool {
    let Some((&kind, row)) = data.split_first() else { return false };
    let kind = [StoredRow::Head, StoredRow::Run, StoredRow::OpenSessions][usize::from(kind) % 3];
    let Ok(once) = recode(kind, row) else { return false };
    assert_eq!(recode(kind, &once).as_deref(), Ok(&once[..]));
    true
}
