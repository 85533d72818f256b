//! Rows of files that become no events, as a table: where they stand, the reason, and the row as it came.

use crate::error::{Error, ErrorKind, Result};
use crate::input::EventBatch;
use arrow_array::builder::{BinaryBuilder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use std::sync::Arc;

/// The late and rejected rows of a decoded batch; `None` if there are none. `lines_before` lines of the file come before it. A row that is
/// no UTF-8 is exact in `row_bytes` only.
///
/// # Errors
/// None that memory gives.
pub(super) fn side_rows(path: &str, lines_before: u64, batch: &EventBatch) -> Result<Option<RecordBatch>> {
    if batch.side_rows.is_empty() {
        return Ok(None);
    }
    let [mut files, mut reasons, mut rows] = [(); 3].map(|()| StringBuilder::new());
    let (mut lines, mut exact) = (Int64Builder::new(), BinaryBuilder::new());
    for side in &batch.side_rows {
        let bytes = &batch.side_bytes[side.bytes.clone()];
        let text = String::from_utf8_lossy(bytes);
        files.append_value(path);
        lines.append_value(i64::try_from(lines_before + side.line + 1).unwrap_or(i64::MAX));
        reasons.append_value(side.reason.name());
        exact.append_option(matches!(text, std::borrow::Cow::Owned(_)).then_some(bytes));
        rows.append_value(text);
    }
    let columns: [(&str, ArrayRef); 5] = [
        ("file", Arc::new(files.finish())),
        ("line", Arc::new(lines.finish())),
        ("reason", Arc::new(reasons.finish())),
        ("row", Arc::new(rows.finish())),
        ("row_bytes", Arc::new(exact.finish())),
    ];
    // Files with and without such rows have one schema.
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)))
        .map(Some)
        .map_err(|error| Error::new(ErrorKind::Failed, error.to_string()))
}
