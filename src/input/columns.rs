//! The fields of a row that make its event, and those that rules use, packed into the payload of the event.

use super::numbers::{Ambiguous, with_decimal_point};
use super::path_columns::FROM_PATH;
use super::reason::Reason;
use crate::core::event::{push_value, push_values};
use crate::core::rules::{Demand, RowSelection, Unmet};
use std::borrow::Cow;
use std::collections::BTreeSet;
use xxhash_rust::xxh3::xxh3_128;

/// The positions of the fields that make an event, in one file. The decoder of the format gives the field at a position. Positions from
/// `FROM_PATH` on are columns in the path of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// The parts of the key.
    pub key: Vec<usize>,
    /// The parts of the time.
    pub time: Vec<usize>,
    /// The fields that rules use after the row is read: the event carries their values.
    pub kept: Vec<ProjectedField>,
    /// The fields that only `--where` uses. In the numbering of places they follow `kept`.
    pub filtered: Vec<ProjectedField>,
    /// The places, in `kept` and `filtered`, of numbers with a decimal comma.
    pub numbers: Vec<usize>,
}

impl Columns {
    /// The columns of a file. The event carries the first `payload_len` of the projected `parts`.
    pub(super) fn new(
        key: Vec<usize>,
        time: Vec<usize>,
        mut parts: Vec<ProjectedField>,
        payload_len: usize,
    ) -> Self {
        let filtered = parts.split_off(payload_len.min(parts.len()));
        Self { key, time, kept: parts, filtered, numbers: Vec::new() }
    }

    /// Reads numbers with a decimal comma from now on.
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

    /// The part at `place`: first the parts in the payload, then those that only `--where` uses.
    fn part(&self, place: usize) -> Option<&ProjectedField> {
        let behind = || self.filtered.get(place - self.kept.len());
        self.kept.get(place).or_else(behind)
    }

    /// All positions of fields that the decoder has to give. Columns in the path are not among them.
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

    /// Whether `selection` selects a row.
    ///
    /// # Errors
    /// The reason to reject the row, if a value cannot be read.
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

    /// Replaces the content of `payload` with the kept parts of a row. Linear in their bytes.
    ///
    /// # Errors
    /// The reason to reject the row.
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
                    push_values(payload, columns.iter().map(|&position| field(position)))
                }
            };
            if !fits {
                return Err(Reason::ProjectedTooLong);
            }
        }
        Ok(())
    }
}

/// A value with its decimal comma replaced by a point.
fn read_number(value: &[u8], demand: Demand) -> Result<Cow<'_, [u8]>, Unmet> {
    with_decimal_point(value).map_err(|Ambiguous| match demand.duration {
        Some(_) => Unmet::NotADuration,
        None => Unmet::NotANumber,
    })
}

/// Replaces the content of `joined` with the parts of a time, separated by blanks. If a part is missing, `joined` is empty, because
/// the other parts could be another time.
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

/// A kept part in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectedField {
    /// The field at this position; the demand of the rules is checked.
    Field(usize, Demand),
    /// The same for a number with a decimal comma: the value gets a point.
    Number(usize, Demand),
    /// The same value for every row.
    Constant(Vec<u8>),
    /// xxh3-128 of the row.
    RowDigest,
    /// The fields of the row, in this order.
    Row(Vec<usize>),
}
