//! What is wanted of the rows of a file, and where it stands in a file that has a list of columns.

use super::columns::{Columns, ProjectedField};
use super::files::BatchFile;
use super::names::{decided, in_both, locate, missing, numbered, shown_names};
use super::nearest::nearest_name;
use super::path_columns::FROM_PATH;
use crate::core::rules::{Demand, ProjectedColumn, ProjectedColumns};
use crate::definition::{Column, SOURCE_COLUMN, Source, columns_text};
use crate::error::{Error, ErrorKind, Result};
use std::collections::{HashMap, VecDeque};

/// What rules want from the files of a run.
#[derive(Debug)]
pub struct Projection<'w> {
    /// The parts of a row that they keep.
    pub kept: &'w ProjectedColumns,
    /// What emitted events are made of; the first file of all decides it.
    pub event_columns: &'w mut Option<Vec<String>>,
}

/// Resolves the columns of `source` in a file that has the columns of `header`, and writes into `source` what this file has
/// decided: positions and names. Later files match columns by name.
///
/// # Errors
/// [`ErrorKind::DataRefused`] if a column is missing; the message lists what is there.
pub(super) fn resolve_columns(
    source: &mut Source,
    header: &Header<'_>,
    file: &BatchFile,
    projection: &mut Projection<'_>,
) -> Result<Columns> {
    let locate_all = |columns: &[Column]| -> Result<Vec<usize>> {
        columns.iter().map(|column| header.locate(column, file)).collect()
    };
    let key = locate_all(&source.key)?;
    let time = locate_all(&source.time)?;
    if header.is_first_file {
        source.header = Some(header.is_there);
        for (column, &position) in source.key.iter_mut().zip(&key).chain(source.time.iter_mut().zip(&time)) {
            *column = header.decided(position, file);
        }
    }
    let kept = resolve_kept(source, projection, header, file)?;
    Ok(Columns::new(key, time, kept, projection.kept.payload_len()))
}

/// Resolves the columns of `source` in a file whose rows name their own: the names that are wanted, by position, and where the
/// parts of an event stand among them. Behind them stands the row itself, which is what emitted events are made of: their
/// only column is `row_column`. `shown` are the names in the first rows.
///
/// # Errors
/// [`ErrorKind::DataRefused`] for a column that is asked for by its number, and for a key or time that no row shows.
pub(super) fn resolve_named(
    source: &Source,
    shown: &[String],
    row_column: &str,
    file: &BatchFile,
    projection: &mut Projection<'_>,
) -> Result<(Vec<String>, Columns)> {
    let mut names: Vec<String> = Vec::new();
    let mut place = |column: &Column| -> Result<usize> {
        let name = column.name.as_ref().ok_or_else(|| numbered(column, shown, file))?;
        if let Some(position) = file.path_columns().position(name) {
            return if shown.contains(name) { Err(in_both(name, file)) } else { Ok(position) };
        }
        Ok(names.iter().position(|other| other == name).unwrap_or_else(|| {
            names.push(name.clone());
            names.len() - 1
        }))
    };
    let key = source.key.iter().map(&mut place).collect::<Result<_>>()?;
    let time = source.time.iter().map(&mut place).collect::<Result<_>>()?;
    let is_there = |name: &String| shown.contains(name) || file.path_columns().names().contains(name);
    let is_shown = |column: &&Column| column.name.as_ref().is_some_and(is_there);
    if let Some(column) = source.key.iter().chain(&source.time).find(|column| !is_shown(column))
        && !shown.is_empty()
    {
        return Err(missing(column, shown, file));
    }
    let mut kept = Vec::new();
    let mut columns = source.kept.iter();
    for (part, demand) in projection.kept.iter() {
        kept.push(match part {
            ProjectedColumn::Column(_) => match columns.next() {
                Some(column) if source.name.is_some() && column.is_name_of_source() => {
                    if shown.iter().any(|name| name == SOURCE_COLUMN) {
                        return Err(own_source_column(file));
                    }
                    ProjectedField::Constant(source.name.clone().unwrap_or_default().into_bytes())
                }
                Some(column) => ProjectedField::Field(place(column)?, *demand),
                None => continue,
            },
            ProjectedColumn::RowDigest => ProjectedField::RowDigest,
            ProjectedColumn::Zone => ProjectedField::Constant(source.timezone.clone().into_bytes()),
            ProjectedColumn::Row if projection.kept.hides_key() => return Err(shows_key(file)),
            ProjectedColumn::Row => {
                let here = [row_column.to_owned()];
                let columns = projection.event_columns.get_or_insert_with(|| here.to_vec());
                if *columns != here {
                    return Err(other_columns(columns, &here, file));
                }
                ProjectedField::Row(Vec::new())
            }
        });
    }
    for field in &mut kept {
        if let ProjectedField::Row(positions) = field {
            *positions = vec![names.len()];
        }
    }
    Ok((names, Columns::new(key, time, kept, projection.kept.payload_len())))
}

/// The columns of a file, as its first row has shown them.
pub(super) struct Header<'f> {
    /// The fields of the first row.
    pub(super) names: &'f [String],
    /// Whether they are names.
    pub(super) is_there: bool,
    pub(super) is_first_file: bool,
}

impl Header<'_> {
    /// The position of `column` in the rows of `file`, or among the columns of its path.
    pub(super) fn locate(&self, column: &Column, file: &BatchFile) -> Result<usize> {
        if let Some(position) = self.position_in_path(column, file)? {
            return Ok(position);
        }
        // Only the path has names where the rows have none.
        if !self.is_there && column.name.is_some() {
            return Err(missing(column, self.names, file));
        }
        locate(column, self.names, self.is_there && !self.is_first_file, file)
    }

    fn position_in_path(&self, column: &Column, file: &BatchFile) -> Result<Option<usize>> {
        let Some(name) = &column.name else { return Ok(None) };
        let position = file.path_columns().position(name);
        let is_in_both = position.is_some() && self.is_there && self.names.contains(name);
        if is_in_both { Err(in_both(name, file)) } else { Ok(position) }
    }

    /// The column at `position`, as `file` has shown it.
    fn decided(&self, position: usize, file: &BatchFile) -> Column {
        match file.path_columns().name_at(position) {
            Some(name) => Column { position: u32::try_from(position).ok(), name: Some(name.clone()) },
            None => decided(position, self.is_there, self.names),
        }
    }
}

/// Resolves what the rules keep in one file of `source`; the first file decides positions and names.
///
/// A column that a source with a name does not have is missing in all of its rows: sources differ, and a rule about one of
/// them should not forbid the others.
fn resolve_kept(
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
    if let Some(position) = header.position_in_path(column, file)? {
        *column = header.decided(position, file);
        return Ok(ProjectedField::Field(position, demand));
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
    let position = header.locate(column, file)?;
    if header.is_first_file || column.position.is_none() {
        *column = header.decided(position, file);
    }
    Ok(ProjectedField::Field(position, demand))
}

/// What a rule means by `source` would be one of two things.
fn own_source_column(file: &BatchFile) -> Error {
    let what = format!(
        "a rule uses {SOURCE_COLUMN}, the name of the source of each event, and this file has a column of that name"
    );
    Error::new(ErrorKind::DataRefused, what)
        .at(file.path().display())
        .remedy("rename the column in its header, or give it by its number; nothing was changed")
}

/// The column of emitted events would be a whole row, with its key as it came.
fn shows_key(file: &BatchFile) -> Error {
    let what = "emitted events of this format are whole lines, which show the keys that --hash-key hides";
    Error::new(ErrorKind::DataRefused, what)
        .at(file.path().display())
        .remedy("give --emit sessions, or files with a list of columns")
        .nothing_changed()
}

/// A rule looks at a column that no file has shown.
fn no_such_column(column: &Column, names: &[String], file: &BatchFile) -> Error {
    let wanted = columns_text(std::slice::from_ref(column));
    let what =
        format!("a rule uses column {wanted}, and the columns of this file are {}", shown_names(names));
    let advice = nearest_name(&wanted, names.iter())
        .map_or_else(|| "name one of them".to_owned(), |name| format!("did you mean {name}?"));
    Error::new(ErrorKind::DataRefused, what).at(file.path().display()).remedy(advice).nothing_changed()
}

/// Where each column of emitted events stands in this file.
fn resolve_row(
    event_columns: &mut Option<Vec<String>>,
    header: &Header<'_>,
    file: &BatchFile,
) -> Result<Vec<usize>> {
    let numbered = || (1..=header.names.len()).map(|number| format!("column_{number}")).collect();
    let mut here: Vec<String> = if header.is_there { header.names.to_vec() } else { numbered() };
    let in_rows = here.len();
    here.extend_from_slice(file.path_columns().names());
    let columns = event_columns.get_or_insert_with(|| here.clone());
    // Names may stand twice: each column takes the next place of its name.
    let mut left: HashMap<&String, VecDeque<usize>> = HashMap::new();
    for (place, name) in here.iter().enumerate() {
        left.entry(name).or_default().push_back(place);
    }
    let mut places = Vec::with_capacity(columns.len());
    for column in columns.iter() {
        let place = left.get_mut(column).and_then(VecDeque::pop_front);
        let place = place.ok_or_else(|| other_columns(columns, &here, file))?;
        places.push(place.checked_sub(in_rows).map_or(place, |in_path| FROM_PATH + in_path));
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
