//! Rows for the side outputs. They keep the form of their input, whatever the format of the other outputs.

use super::form::OutputForm;
use super::untaken::UntakenRow;
use super::{OutputFile, OutputFormat, OutputKind};

/// A row for the outputs `late` or `rejects`, as bytes.
#[derive(Debug)]
pub struct SideRow {
    /// Its output.
    pub file: OutputFile,
    /// What stands before the rows of the output, if this is its first row.
    pub header: Vec<u8>,
    /// The row.
    pub row: Vec<u8>,
}

impl SideRow {
    /// The `untaken` row in its output. `spreadsheet_safe` says that no value may look like a formula: then a row of CSV is not
    /// verbatim.
    pub fn new(kind: OutputKind, untaken: &UntakenRow<'_>, spreadsheet_safe: bool) -> Self {
        let format = OutputFormat::of_rows(untaken.form);
        let (header, row) = format.side_row(untaken, spreadsheet_safe);
        Self { file: OutputFile::whole(kind, OutputForm::plain(format)), header, row }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::Place;
    use crate::output::untaken::RowForm;

    fn written(form: RowForm<'_>, row: &[u8], spreadsheet_safe: bool) -> (String, String) {
        let place = Place { file: "a,b.csv".into(), line: 7 };
        let untaken = UntakenRow { place: &place, reason: "late", row, form };
        let side = SideRow::new(OutputKind::Late, &untaken, spreadsheet_safe);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(side.header), text(side.row))
    }

    #[test]
    fn a_delimited_row_keeps_its_bytes_behind_its_place() {
        let row = |columns: &'static [u8], spreadsheet_safe| {
            written(RowForm::Delimited { columns, delimiter: b';' }, b"x;\"=1\"", spreadsheet_safe)
        };
        let plain = row(b"u;t", false);
        assert_eq!((&*plain.0, &*plain.1), ("file,line,reason,u;t\n", "\"a,b.csv\",7,late,x;\"=1\"\n"));
        let safe = row(b"", true);
        assert_eq!((&*safe.0, &*safe.1), ("file,line,reason,row\n", "\"a,b.csv\",7,late,x;\"'=1\"\n"));
    }

    #[test]
    fn a_line_is_one_value() {
        let line = |spreadsheet_safe| written(RowForm::Line, b"=a \"b\", c", spreadsheet_safe);
        let plain = line(false);
        assert_eq!(
            (&*plain.0, &*plain.1),
            ("file,line,reason,row\n", "\"a,b.csv\",7,late,\"=a \"\"b\"\", c\"\n")
        );
        assert_eq!(line(true).1, "\"a,b.csv\",7,late,\"'=a \"\"b\"\", c\"\n");
    }

    #[test]
    fn a_line_of_json_is_a_text_of_json() {
        let (header, row) = written(RowForm::Json, b"{\"a\": 1", true);
        assert_eq!(
            (&*header, &*row),
            ("", "{\"file\":\"a,b.csv\",\"line\":7,\"reason\":\"late\",\"row\":\"{\\\"a\\\": 1\"}\n")
        );
        assert!(written(RowForm::Json, b"\xFF", false).1.ends_with(",\"row\":{\"hex\":\"ff\"}}\n"));
    }
}
