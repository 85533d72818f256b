//! Rows for the side outputs: late rows and rejects, in the form of their input.

use crate::core::event::Place;
use crate::input::{Reason, SideForm};
use crate::output::{DelimitedForm, OutputKind, SideRow};

/// The output for a row with this reason.
pub(super) fn side_output(reason: Reason) -> OutputKind {
    if reason == Reason::Late { OutputKind::Late } else { OutputKind::Rejects }
}

/// Place and reason, then the row verbatim.
pub(super) fn side_row(
    place: &Place,
    reason: Reason,
    row: &[u8],
    form: SideForm<'_>,
    spreadsheet_safe: bool,
) -> SideRow {
    let kind = side_output(reason);
    match form {
        SideForm::Delimited { delimiter, header } => {
            let form = DelimitedForm { columns: header, delimiter, spreadsheet_safe };
            SideRow::delimited(kind, place, reason.name(), row, form)
        }
        SideForm::Whole => SideRow::whole(kind, place, reason.name(), row, spreadsheet_safe),
    }
}
