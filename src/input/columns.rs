//! The parts of a row that make an event, and those that rules look at, packed into its payload.

use super::reason::Reason;
use crate::core::event::push_value;
use crate::core::rules::Demand;
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
                    demand.check(value)?;
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
