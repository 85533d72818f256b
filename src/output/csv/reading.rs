//! The rows of an output in CSV, read back.

use super::Csv;
use crate::output::columns::Column;
use crate::output::following::{ReadRows, RowError, StoredValue, TakeRow};
use crate::output::stored_file::StoredFile;

impl ReadRows for Csv {
    /// A field that is missing at the end of a row is no value of any type.
    fn read_rows(file: StoredFile, columns: &[Column], take: TakeRow<'_>) -> Result<(), RowError> {
        let content = file.into_reader().map_err(|error| RowError::unreadable(&error))?;
        let mut reader = csv::Reader::from_reader(content);
        let (mut record, mut row) = (csv::ByteRecord::new(), Vec::new());
        while reader.read_byte_record(&mut record).map_err(|error| RowError::unreadable(&error))? {
            row.clear();
            for (number, column) in columns.iter().enumerate() {
                let value = record.get(number).and_then(|field| StoredValue::of_text(field, column.kind));
                row.push(value.ok_or_else(|| RowError::no_value(column))?);
            }
            take(&row)?;
        }
        Ok(())
    }
}
