//! Reads the lines of an export: either all of them hold together, or the line that does not is named.

use sessionize::internals::read_export;

/// All bytes are one export.
pub fn check(data: &[u8]) {
    let lines = data.split_inclusive(|&byte| byte == b'\n').count() as u64;
    match read_export(data) {
        Ok(imported) => assert!(imported.open.keys <= lines),
        Err((line, what)) => assert!(line <= lines && !what.is_empty()),
    }
}
