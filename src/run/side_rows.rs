//! Rows for the side outputs: late rows and rejects, in the form of their input.

use crate::core::event::Place;
use crate::input::{Reason, SideForm};
use crate::output::{OutputKind, RowForm, SideRow, UntakenRow};

/// The output for a row with this reason.
pub(super) fn side_output(reason: Reason) -> OutputKind {
    if reason == Reason::Late { OutputKind::Late } else { OutputKind::Rejects }
}

/// Place and reason, then the row verbatim. One that may not be shown is an empty value.
pub(super) fn side_row(
    place: &Place,
    reason: Reason,
    row: Option<&[u8]>,
    form: SideForm<'_>,
    spreadsheet_safe: bool,
) -> SideRow {
    let form = match form {
        SideForm::Json => RowForm::Json,
        SideForm::Delimited { delimiter, header } if row.is_some() => {
            RowForm::Delimited { columns: header, delimiter }
        }
        SideForm::Delimited { .. } | SideForm::Whole => RowForm::Line,
    };
    let untaken = UntakenRow { place, reason: reason.name(), row: row.unwrap_or_default(), form };
    SideRow::new(side_output(reason), &untaken, spreadsheet_safe)
}
