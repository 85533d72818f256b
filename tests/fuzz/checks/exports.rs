//! Reads the lines of an export: either all of them hold together, or the line that does not is named.

use sessionize::internals::read_export;

/// All bytes are one export. Whether it is whole.
pub fn check(data: &[u8]) -> bool {
    let lines = data.split_inclusive(|&byte| byte == b'\n').count() as u64;
    let read = read_export(data);
    match &read {
        Ok(imported) => assert!(imported.open.keys <= lines),
        Err((line, what)) => assert!(*line <= lines && !what.is_empty()),
    }
    read.is_ok()
}
