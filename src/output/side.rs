//! Rows for the side outputs. They keep the form of their input, whatever the format of the other outputs.

use super::csv::{CellStyle, write_field};
use super::{OutputFile, OutputFormat, OutputKind};
use crate::core::event::Place;
use crate::core::rules::SIDE_COLUMNS;

/// The column of a row whose own columns have no names.
const ROW_COLUMN: &[u8] = b"row";

/// A row for the outputs `late` or `rejects`, as bytes.
#[derive(Debug)]
pub struct SideRow {
    /// Its output.
    pub file: OutputFile,
    /// The header of the output, if this is its first row.
    pub header: Vec<u8>,
    /// The row.
    pub row: Vec<u8>,
}

/// How the rows of a delimited input are split into fields.
#[derive(Debug, Clone, Copy)]
pub struct DelimitedForm<'f> {
    /// The header row of the file, without its line end; empty if it has none that an output could use.
    pub columns: &'f [u8],
    /// The byte between fields.
    pub delimiter: u8,
    /// Whether no value may look like a formula to a spreadsheet: then rows are not verbatim.
    pub spreadsheet_safe: bool,
}

impl SideRow {
    /// Place and reason, then the row verbatim.
    pub fn delimited(
        kind: OutputKind,
        place: &Place,
        reason: &str,
        row: &[u8],
        form: DelimitedForm<'_>,
    ) -> Self {
        let style = CellStyle { spreadsheet_safe: form.spreadsheet_safe };
        let mut row_of = Self::begin(kind, place, reason, style);
        let columns = if form.columns.is_empty() { ROW_COLUMN } else { form.columns };
        style.write_verbatim(columns, form.delimiter, &mut row_of.header);
        style.write_verbatim(row, form.delimiter, &mut row_of.row);
        row_of.end()
    }

    /// Place and reason, then the row as one value: it has no fields for an output.
    pub fn whole(kind: OutputKind, place: &Place, reason: &str, row: &[u8], spreadsheet_safe: bool) -> Self {
        let style = CellStyle { spreadsheet_safe };
        let mut row_of = Self::begin(kind, place, reason, style);
        style.write_value(ROW_COLUMN, &mut row_of.header);
        style.write_value(row, &mut row_of.row);
        row_of.end()
    }

    fn begin(kind: OutputKind, place: &Place, reason: &str, style: CellStyle) -> Self {
        let mut header = SIDE_COLUMNS.join(",").into_bytes();
        header.push(b',');
        let mut row = Vec::new();
        style.write_value(place.file.to_string_lossy().as_bytes(), &mut row);
        row.push(b',');
        write_field(place.line.to_string().as_bytes(), &mut row);
        row.push(b',');
        write_field(reason.as_bytes(), &mut row);
        row.push(b',');
        Self { file: OutputFile::whole(kind, OutputFormat::Csv), header, row }
    }

    fn end(mut self) -> Self {
        self.header.push(b'\n');
        self.row.push(b'\n');
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_keeps_its_bytes_behind_its_place() {
        let place = Place { file: "a,b.csv".into(), line: 7 };
        let row = |columns: &'static [u8], spreadsheet_safe| {
            let form = DelimitedForm { columns, delimiter: b';', spreadsheet_safe };
            SideRow::delimited(OutputKind::Late, &place, "late", b"x;\"=1\"", form)
        };
        let plain = row(b"u;t", false);
        assert_eq!(
            (&plain.header[..], &plain.row[..]),
            (&b"file,line,reason,u;t\n"[..], &b"\"a,b.csv\",7,late,x;\"=1\"\n"[..])
        );
        assert_eq!(row(b"", true).header, b"file,line,reason,row\n");
        assert_eq!(row(b"", true).row, b"\"a,b.csv\",7,late,x;\"'=1\"\n");
    }
}
