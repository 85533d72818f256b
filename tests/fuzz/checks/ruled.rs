//! Decodes open state under rules; what is decoded is encoded as it will be decoded again.

use sessionize::internals::{StoredRow, recode};

/// How many rows (four bytes), and the rows of a chunk. Whether they are that.
pub fn check(data: &[u8]) -> bool {
    let Ok(once) = recode(StoredRow::RuledSessions, data) else { return false };
    assert_eq!(recode(StoredRow::RuledSessions, &once).as_deref(), Ok(&once[..]));
    true
}
