//! Rows of published outputs, read back, as columns.

use super::growing::GrowingRows;
use super::sink::{CellSink, int};
use crate::core::aggregates::Value;
use crate::core::session::Op;
use crate::error::{Error, ErrorKind, Result};
use crate::output::columns::Column;
use crate::output::following::{PublishedFile, StoredValue};
use arrow_array::RecordBatch;
use std::borrow::Cow;
use std::collections::HashMap;

/// The sessions of several outputs: what is valid after all of them.
#[derive(Debug, Default)]
pub struct StoredRows {
    /// The columns of all, in the order in which they came.
    columns: Vec<Column>,
    /// The values of each row, one for each of the columns that there were; none if the session was retracted.
    rows: Vec<Vec<StoredValue>>,
    /// Where the sessions stand, by id.
    places: HashMap<StoredText, usize>,
}

type StoredText = Vec<u8>;

impl StoredRows {
    /// Adds the sessions of `file`, and removes those that it retracts.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if it cannot be read, [`ErrorKind::DataRefused`] if a column has another type than before.
    pub fn push(&mut self, file: PublishedFile) -> Result<()> {
        let columns = file.columns().to_vec();
        let says_what = |first: &Column| first.name == "op" && first.required;
        let with_op = columns.first().is_some_and(says_what);
        let own = columns.iter().skip(usize::from(with_op));
        let mut places = vec![None; usize::from(with_op)];
        for column in own {
            places.push(Some(self.place_of(column)?));
        }
        let id = columns.iter().position(|column| column.name == "session_id");
        let all = self.columns.len();
        file.rows(&mut |values| {
            let mut row = vec![StoredValue::Null; all];
            let mut is_retracted = false;
            for (place, value) in places.iter().zip(values) {
                match place {
                    Some(place) => row[*place] = value.clone(),
                    None => is_retracted = *value == StoredValue::Text(Op::Retract.name().into()),
                }
            }
            let id = match id.map(|id| &values[id]) {
                Some(StoredValue::Text(id)) => id.clone(),
                _ => return Err(Error::new(ErrorKind::Checkpoint, "a published session has no id")),
            };
            if is_retracted {
                if let Some(place) = self.places.remove(&id) {
                    self.rows[place].clear();
                }
            } else {
                self.places.insert(id, self.rows.len());
                self.rows.push(row);
            }
            Ok(())
        })
    }

    /// The place of a column, which is added if it is new.
    fn place_of(&mut self, column: &Column) -> Result<usize> {
        let Some(place) = self.columns.iter().position(|other| other.name == column.name) else {
            self.columns.push(Column { required: false, ..column.clone() });
            return Ok(self.columns.len() - 1);
        };
        if self.columns[place].kind == column.kind {
            return Ok(place);
        }
        let what = format!("the runs have different types of column {}", column.name);
        Err(Error::new(ErrorKind::DataRefused, what).remedy("read the files of the runs themselves"))
    }

    /// The sessions as columns.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if they are too many for one batch.
    pub fn finish(self) -> Result<RecordBatch> {
        let mut growing = GrowingRows::new(&self.columns);
        for row in self.rows.iter().filter(|row| !row.is_empty()) {
            let values = row.iter().chain(std::iter::repeat(&StoredValue::Null)).take(self.columns.len());
            values.for_each(|value| write_stored(value, &mut growing));
        }
        if !growing.are_whole() {
            return Err(failed("a value is not of its column"));
        }
        growing.finish().map_err(|error| failed(&error.to_string()))
    }
}

fn write_stored(value: &StoredValue, out: &mut impl CellSink) {
    match value {
        StoredValue::Null => out.value(&Value::Null),
        StoredValue::Bool(is_true) => out.value(&Value::Bool(*is_true)),
        StoredValue::Int(number) => out.int(int(*number)),
        StoredValue::AtLeast(number) => out.value(&Value::AtLeast(*number)),
        StoredValue::Float(number) => out.double(*number),
        StoredValue::Decimal(number) => out.value(&Value::Decimal(Cow::Borrowed(number.as_str()))),
        StoredValue::Timestamp(time) => out.int(time.us()),
        StoredValue::Text(text) => out.text(text),
        StoredValue::List { values, more } => {
            let values = values.iter().map(String::as_bytes).collect();
            out.value(&Value::List { values, more: *more });
        }
    }
}

fn failed(what: &str) -> Error {
    Error::new(ErrorKind::Failed, what)
}
