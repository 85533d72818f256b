//! Rows for the side outputs: late rows and rejects, in the form of their input.

use crate::core::event::Place;
use crate::input::{Reason, SideForm};
use crate::output::{OutputKind, RowForm, SideRow, UntakenRow};

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
    let form = match form {
        SideForm::Delimited { delimiter, header } => RowForm::Delimited { columns: header, delimiter },
        SideForm::Whole => RowForm::Line,
        SideForm::Json => RowForm::Json,
    };
    let untaken = UntakenRow { place, reason: reason.name(), row, form };
    SideRow::new(side_output(reason), &untaken, spreadsheet_safe)
}
