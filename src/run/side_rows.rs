//! Rows for the side outputs: late ones and rejects, as they stand in their files.

use super::output_writer::SideRow;
use crate::core::event::Place;
use crate::input::{Reason, SIDE_COLUMNS, SideForm};
use crate::output::{OutputKind, RowStyle};

/// The output that a row with this reason goes to.
pub(super) fn side_output(reason: Reason) -> OutputKind {
    if reason == Reason::Late { OutputKind::Late } else { OutputKind::Rejects }
}

/// `file,line,reason` and the row verbatim, below a header of the same form.
pub(super) fn side_row(
    place: &Place,
    reason: Reason,
    row: &[u8],
    form: SideForm<'_>,
    style: RowStyle,
) -> SideRow {
    let SideForm::Delimited { delimiter, header: columns } = form;
    let mut header = SIDE_COLUMNS.join(",").into_bytes();
    header.push(b',');
    style.write_verbatim(if columns.is_empty() { b"row" } else { columns }, delimiter, &mut header);
    header.push(b'\n');
    let mut bytes = Vec::with_capacity(row.len() + 64);
    style.write_value(place.file.to_string_lossy().as_bytes(), &mut bytes);
    bytes.extend_from_slice(format!(",{},{},", place.line, reason.name()).as_bytes());
    style.write_verbatim(row, delimiter, &mut bytes);
    bytes.push(b'\n');
    SideRow { kind: side_output(reason), header, row: bytes }
}
