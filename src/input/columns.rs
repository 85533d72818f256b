//! The parts of a row that make an event, and those that rules look at, packed into its payload.

use super::numbers::{Ambiguous, with_decimal_point};
use super::path_columns::FROM_PATH;
use super::reason::Reason;
use crate::core::event::push_value;
use crate::core::rules::{Demand, RowSelection, Unmet};
use std::borrow::Cow;
use std::collections::BTreeSet;
use xxhash_rust::xxh3::xxh3_128;

/// Where the parts of an event stand in a row, as one file has them: each is a position for which the format gives a
/// field, or from `FROM_PATH` on one of a column in the path of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// The parts of the key.
    pub key: Vec<usize>,
    /// The parts of the time.
    pub time: Vec<usize>,
    /// What rules keep of a row: its event carries the values.
    pub kept: Vec<ProjectedField>,
    /// What decides whether there is an event, behind `kept` in the order of places.
    pub filtered: Vec<ProjectedField>,
    /// The places among both whose numbers have a decimal comma.
    pub numbers: Vec<usize>,
}

impl Columns {
    /// The columns of a file, of whose projected `parts` the first ones travel with the event.
    pub(super) fn new(
        key: Vec<usize>,
        time: Vec<usize>,
        mut parts: Vec<ProjectedField>,
        payload_len: usize,
    ) -> Self {
        let filtered = parts.split_off(payload_len.min(parts.len()));
        Self { key, time, kept: parts, filtered, numbers: Vec::new() }
    }

    /// From now on numbers have a decimal comma.
    pub(super) fn read_decimal_commas(&mut self) {
        for (place, part) in self.kept.iter_mut().chain(&mut self.filtered).enumerate() {
            if let ProjectedField::Field(position, demand) = *part
                && demand.reads_numbers()
            {
                *part = ProjectedField::Number(position, demand);
                self.numbers.push(place);
            }
        }
    }

    /// Where key and time stand, if each is one column and nothing else is wanted of a row that no filter looks at.
    pub(super) fn key_and_time(&self) -> Option<(usize, usize)> {
        match (&self.key[..], &self.time[..], &self.kept[..]) {
            (&[key], &[time], []) => Some((key, time)),
            _ => None,
        }
    }

    /// The part at `place`: those that only decide whether there is an event stand behind those that travel with it.
    fn part(&self, place: usize) -> Option<&ProjectedField> {
        let behind = || self.filtered.get(place - self.kept.len());
        self.kept.get(place).or_else(behind)
    }

    /// Every position for which a field of a row is asked: not those of columns in the path.
    pub(super) fn positions(&self) -> BTreeSet<usize> {
        let Self { key, time, kept, filtered, .. } = self;
        let mut positions: BTreeSet<usize> = key.iter().chain(time).copied().collect();
        for part in kept.iter().chain(filtered) {
            match part {
                ProjectedField::Field(position, _) | ProjectedField::Number(position, _) => {
                    positions.extend([*position]);
                }
                ProjectedField::Row(row) => positions.extend(row),
                ProjectedField::Constant(_) | ProjectedField::RowDigest => {}
            }
        }
        positions.split_off(&FROM_PATH);
        positions
    }

    /// Whether `selection` makes an event of a row.
    ///
    /// # Errors
    /// Why the row is rejected before that can be said.
    pub(super) fn are_selected<'f>(
        &self,
        field: impl Fn(usize) -> &'f [u8],
        selection: &RowSelection,
    ) -> Result<bool, Reason> {
        let mut numbers: Vec<(usize, Cow<'_, [u8]>)> = Vec::new();
        for &place in &self.numbers {
            if let Some(ProjectedField::Number(position, demand)) = self.part(place) {
                numbers.push((place, read_number(selection.present(field(*position)), *demand)?));
            }
        }
        let number = |place| numbers.iter().find(|(of, _)| *of == place).map_or(&b""[..], |(_, text)| text);
        Ok(selection.selects(|place| match self.part(place) {
            Some(ProjectedField::Field(position, _)) => selection.present(field(*position)),
            Some(ProjectedField::Number(..)) => number(place),
            Some(ProjectedField::Constant(value)) => value,
            Some(ProjectedField::RowDigest | ProjectedField::Row(_)) | None => b"",
        }))
    }

    /// Packs the kept parts of a row into `payload`, whose content is replaced. Linear in their bytes.
    ///
    /// # Errors
    /// Why the row is rejected.
    pub(super) fn pack<'f>(
        &self,
        row: &[u8],
        field: impl Fn(usize) -> &'f [u8],
        selection: &RowSelection,
        payload: &mut Vec<u8>,
    ) -> Result<(), Reason> {
        payload.clear();
        for part in &self.kept {
            let fits = match part {
                ProjectedField::Field(position, demand) => {
                    let value = selection.present(field(*position));
                    demand.check(value)?;
                    push_value(payload, value)
                }
                ProjectedField::Number(position, demand) => {
                    let value = read_number(selection.present(field(*position)), *demand)?;
                    demand.check(&value)?;
                    push_value(payload, &value)
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

/// A value with a point for its decimal comma.
fn read_number(value: &[u8], demand: Demand) -> Result<Cow<'_, [u8]>, Unmet> {
    with_decimal_point(value).map_err(|Ambiguous| match demand.duration {
        Some(_) => Unmet::NotADuration,
        None => Unmet::NotANumber,
    })
}

/// Joins the parts of a time with a blank between them in `joined`, whose content is replaced: empty if one is missing, for what
/// is left might be another time.
pub(super) fn join_time<'f>(positions: &[usize], field: impl Fn(usize) -> &'f [u8], joined: &mut Vec<u8>) {
    joined.clear();
    for (number, &position) in positions.iter().enumerate() {
        let part = field(position).trim_ascii();
        if part.is_empty() {
            return joined.clear();
        }
        if number > 0 {
            joined.push(b' ');
        }
        joined.extend_from_slice(part);
    }
}

/// A kept part as one file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectedField {
    /// The field at this position, which must be what the rules demand.
    Field(usize, Demand),
    /// The same where numbers have a decimal comma: their values have a point.
    Number(usize, Demand),
    /// The same value for every row.
    Constant(Vec<u8>),
    /// xxh3-128 of the row.
    RowDigest,
    /// The row, its fields in this order.
    Row(Vec<usize>),
}
