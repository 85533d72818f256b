//! The parts of a row that make an event, and those that rules look at, packed into its payload.

use super::reason::Reason;
use crate::core::aggregates::is_number;
use crate::core::event::push_value;
use crate::core::rules::{Demand, duration_in_column};
use xxhash_rust::xxh3::xxh3_128;

/// Where the parts of an event stand in a row, as one file has them: each is a position for which the format gives a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// The parts of the key.
    pub key: Vec<usize>,
    /// The time.
    pub time: usize,
    /// What rules keep of a row.
    pub kept: Vec<ProjectedField>,
}

impl Columns {
    /// Packs the kept parts of a row into `payload`, whose content is replaced. Linear in their bytes.
    ///
    /// # Errors
    /// Why the row is rejected.
    pub(super) fn pack<'f>(
        &self,
        row: &[u8],
        field: impl Fn(usize) -> &'f [u8],
        payload: &mut Vec<u8>,
    ) -> Result<(), Reason> {
        payload.clear();
        for part in &self.kept {
            let fits = match part {
                ProjectedField::Field(position, demand) => {
                    let value = field(*position);
                    check(value, *demand)?;
                    push_value(payload, value)
                }
                ProjectedField::Constant(value) => push_value(payload, value),
                ProjectedField::RowDigest => push_value(payload, &xxh3_128(row).to_le_bytes()),
                ProjectedField::Row(columns) => {
                    let mut row = Vec::new();
                    let fits = columns.iter().all(|&position| push_value(&mut row, field(position)));
                    fits && push_value(payload, &row)
                }
            };
            if !fits {
                return Err(Reason::ProjectedTooLong);
            }
        }
        Ok(())
    }
}

/// A kept part as one file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectedField {
    /// The field at this position, which must be what the rules demand.
    Field(usize, Demand),
    /// The same value for every row.
    Constant(Vec<u8>),
    /// xxh3-128 of the row.
    RowDigest,
    /// The row, its fields in this order.
    Row(Vec<usize>),
}

/// An empty value is a missing one: nothing is demanded of it.
fn check(value: &[u8], demand: Demand) -> Result<(), Reason> {
    if value.is_empty() {
        return Ok(());
    }
    if demand.number && !is_number(value) {
        return Err(Reason::NotANumber);
    }
    if demand.duration && duration_in_column(value).is_none() {
        return Err(Reason::NotADuration);
    }
    if demand.text && std::str::from_utf8(value).is_err() {
        return Err(Reason::NotUtf8);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_is_demanded_nothing_of() {
        let demand = Demand { number: true, duration: true, text: true };
        assert_eq!(check(b"", demand), Ok(()));
        assert_eq!(check(b"90", demand), Ok(()));
        assert_eq!(check(b"-1", demand), Err(Reason::NotADuration));
        assert_eq!(check(b"5m", demand), Err(Reason::NotANumber));
        assert_eq!(check(b"anything\xFF", Demand::default()), Ok(()));
        let text = Demand { text: true, ..Demand::default() };
        assert_eq!((check(b"a\xFF", text), check("ä".as_bytes(), text)), (Err(Reason::NotUtf8), Ok(())));
    }
}
