//! The parts of a row that rules look at, packed into the payload of its event.

use super::reason::Reason;
use super::schema::{Projection, decided, locate, shown_names};
use super::{BatchFile, Schema};
use crate::core::aggregates::is_number;
use crate::core::event::push_value;
use crate::core::rules::{Demand, ProjectedColumn, duration_in_column};
use crate::definition::{Column, SOURCE_COLUMN, Source, columns_text};
use crate::error::{Error, ErrorKind, Result};
use std::collections::{HashMap, VecDeque};
use xxhash_rust::xxh3::xxh3_128;

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

impl Schema {
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

/// What a file's first row has shown.
pub(super) struct Header<'f> {
    pub(super) names: &'f [String],
    pub(super) is_there: bool,
    pub(super) is_first_file: bool,
}

/// Resolves what the rules keep in one file of `source`; the first file decides positions and names.
///
/// A column that a source with a name does not have is missing in all of its rows: sources differ, and a rule about one of
/// them should not forbid the others.
pub(super) fn resolve_kept(
    source: &mut Source,
    projection: &mut Projection<'_>,
    header: &Header<'_>,
    file: &BatchFile,
) -> Result<Vec<ProjectedField>> {
    let Source { name, kept, timezone, .. } = source;
    let mut parts = Vec::new();
    let mut columns = kept.iter_mut();
    for (part, demand) in projection.kept.iter() {
        parts.push(match part {
            ProjectedColumn::Column(_) => {
                let Some(column) = columns.next() else { continue };
                resolve_column(name.as_deref(), column, *demand, header, file)?
            }
            ProjectedColumn::RowDigest => ProjectedField::RowDigest,
            ProjectedColumn::Zone => ProjectedField::Constant(timezone.clone().into_bytes()),
            ProjectedColumn::Row => ProjectedField::Row(resolve_row(projection.event_columns, header, file)?),
        });
    }
    Ok(parts)
}

fn resolve_column(
    source: Option<&str>,
    column: &mut Column,
    demand: Demand,
    header: &Header<'_>,
    file: &BatchFile,
) -> Result<ProjectedField> {
    if let Some(name) = source.filter(|_| column.is_name_of_source()) {
        if header.is_there && header.names.iter().any(|name| name == SOURCE_COLUMN) {
            return Err(own_source_column(file));
        }
        return Ok(ProjectedField::Constant(name.as_bytes().to_vec()));
    }
    let is_absent = || column.name.as_ref().is_some_and(|name| !header.names.contains(name));
    // One that an earlier file of the source had must be there.
    if source.is_some() && column.position.is_none() && is_absent() {
        return Ok(ProjectedField::Constant(Vec::new()));
    }
    let is_behind = |position: u32| position as usize >= header.names.len();
    let was_never_there = match (&column.name, column.position) {
        (Some(_), None) => is_absent(),
        (None, Some(position)) => is_behind(position),
        _ => false,
    };
    if was_never_there {
        return Err(no_such_column(column, header.names, file));
    }
    let position = locate(column, header.names, header.is_there && !header.is_first_file, file)?;
    if header.is_first_file || column.position.is_none() {
        *column = decided(position, header.is_there, header.names);
    }
    Ok(ProjectedField::Field(position, demand))
}

/// What a rule means by `source` would be one of two things.
fn own_source_column(file: &BatchFile) -> Error {
    let what = format!(
        "a rule looks at {SOURCE_COLUMN}, the name of the source of each event, and this file has a column of that name"
    );
    Error::new(ErrorKind::DataRefused, what)
        .at(file.path().display())
        .remedy("rename the column in its header, or give it by its number; nothing was changed")
}

/// A rule looks at a column that no file has shown.
fn no_such_column(column: &Column, names: &[String], file: &BatchFile) -> Error {
    let wanted = columns_text(std::slice::from_ref(column));
    let what =
        format!("a rule looks at column {wanted}, and the columns of this file are {}", shown_names(names));
    let likeness = |name: &&String| strsim::jaro_winkler(&wanted, name);
    let nearest = names.iter().filter(|name| likeness(name) > ALIKE);
    let nearest = nearest.max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    let advice =
        nearest.map_or_else(|| "name one of them".to_owned(), |name| format!("did you mean {name}?"));
    Error::new(ErrorKind::DataRefused, what).at(file.path().display()).remedy(advice).nothing_changed()
}

/// Names that are less alike, from 0 to 1, are not taken for each other's mistyped form.
const ALIKE: f64 = 0.8;

/// Where each column of emitted events stands in this file.
fn resolve_row(
    event_columns: &mut Option<Vec<String>>,
    header: &Header<'_>,
    file: &BatchFile,
) -> Result<Vec<usize>> {
    let numbered = || (1..=header.names.len()).map(|number| format!("column_{number}")).collect();
    let here: Vec<String> = if header.is_there { header.names.to_vec() } else { numbered() };
    let columns = event_columns.get_or_insert_with(|| here.clone());
    // Names may stand twice: each column takes the next place of its name.
    let mut left: HashMap<&String, VecDeque<usize>> = HashMap::new();
    for (place, name) in here.iter().enumerate() {
        left.entry(name).or_default().push_back(place);
    }
    let mut places = Vec::with_capacity(columns.len());
    for column in columns.iter() {
        let place = left.get_mut(column).and_then(VecDeque::pop_front);
        places.push(place.ok_or_else(|| other_columns(columns, &here, file))?);
    }
    if places.len() == here.len() { Ok(places) } else { Err(other_columns(columns, &here, file)) }
}

fn other_columns(wanted: &[String], here: &[String], file: &BatchFile) -> Error {
    let what = format!(
        "events are emitted with the columns {}, but this file has {}",
        shown_names(wanted),
        shown_names(here)
    );
    Error::new(ErrorKind::DataRefused, what)
        .at(file.path().display())
        .remedy("--emit events needs the same columns in every file, in any order")
        .nothing_changed()
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
