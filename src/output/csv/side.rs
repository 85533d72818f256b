//! Rows of side outputs: place and reason, and behind them the row as it came.

use super::cell::{CellStyle, write_field};
use crate::core::rules::SIDE_COLUMNS;
use crate::output::untaken::{RowForm, UntakenRow};

/// The column of a row whose own columns have no names.
const ROW_COLUMN: &[u8] = b"row";

/// The header of the output, and the row.
pub(super) fn side_row(untaken: &UntakenRow<'_>, style: CellStyle) -> (Vec<u8>, Vec<u8>) {
    let mut header = SIDE_COLUMNS.join(",").into_bytes();
    header.push(b',');
    let mut row = Vec::new();
    style.write_value(untaken.place.file.to_string_lossy().as_bytes(), &mut row);
    row.push(b',');
    write_field(untaken.place.line.to_string().as_bytes(), &mut row);
    row.push(b',');
    write_field(untaken.reason.as_bytes(), &mut row);
    row.push(b',');
    match untaken.form {
        RowForm::Delimited { columns, delimiter } => {
            let columns = if columns.is_empty() { ROW_COLUMN } else { columns };
            style.write_verbatim(columns, delimiter, &mut header);
            style.write_verbatim(untaken.row, delimiter, &mut row);
        }
        RowForm::Line | RowForm::Json => {
            style.write_value(ROW_COLUMN, &mut header);
            style.write_value(untaken.row, &mut row);
        }
    }
    header.push(b'\n');
    row.push(b'\n');
    (header, row)
}
