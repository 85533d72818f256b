//! The columns of a source in a schema.

use crate::core::rules::ProjectedColumn;
use crate::definition::{Column, Source, columns_text};
use crate::error::{Error, ErrorKind, Result};
use crate::input::columns::{Columns, ProjectedField};
use crate::input::names::{decided, shown_names};
use crate::input::nearest::nearest_name;
use crate::input::projection::Projection;

/// Finds the columns of `source` and the rest of `projection` among `names`, and writes into both what they decide: positions and
/// names. Later schemas match columns by name.
///
/// # Errors
/// [`ErrorKind::DataRefused`] if a column is missing, or its name is not unique.
pub(super) fn resolve(
    source: &mut Source,
    names: &[String],
    projection: &mut Projection<'_>,
) -> Result<Columns> {
    let is_first = source.is_undecided();
    let mut find = |column: &mut Column| {
        let position = position(column, names, is_first)?;
        if is_first || column.position.is_none() {
            // What was asked for by its name stays a name, also if it looks like a number.
            let asked = column.name.take();
            *column = decided(position, true, names);
            column.name = column.name.take().or(asked);
        }
        Ok(position)
    };
    let key = source.key.iter_mut().map(&mut find).collect::<Result<_>>()?;
    let time = source.time.iter_mut().map(&mut find).collect::<Result<_>>()?;
    let mut columns = source.kept.iter_mut();
    let mut parts = Vec::new();
    for (part, demand) in projection.kept.iter() {
        parts.push(match part {
            ProjectedColumn::Column(_) => {
                let Some(column) = columns.next() else { continue };
                match &source.name {
                    Some(name) if column.is_name_of_source() => {
                        ProjectedField::Constant(name.clone().into_bytes())
                    }
                    _ => ProjectedField::Field(find(column)?, *demand),
                }
            }
            ProjectedColumn::RowDigest => ProjectedField::RowDigest,
            ProjectedColumn::Zone => ProjectedField::Constant(source.timezone.clone().into_bytes()),
            ProjectedColumn::Row => ProjectedField::Row(row(projection.event_columns, names)?),
        });
    }
    source.header.get_or_insert(true);
    Ok(Columns::new(key, time, parts, projection.kept.payload_len()))
}

/// The position of a column: by its number only where no schema has decided its name.
fn position(column: &Column, names: &[String], is_first: bool) -> Result<usize> {
    let by_number =
        column.position.map(|position| position as usize).filter(|&position| position < names.len());
    let found = match &column.name {
        Some(name) if !is_first || column.position.is_none() => {
            let mut places = names.iter().enumerate().filter(|(_, other)| *other == name);
            match (places.next(), places.next()) {
                (Some(_), Some(_)) => {
                    let what = format!("two columns are named {name}");
                    return Err(refused(what).remedy("rename one of them").nothing_changed());
                }
                (place, _) => place.map(|(place, _)| place),
            }
        }
        _ => by_number,
    };
    found.ok_or_else(|| missing(column, names))
}

fn missing(column: &Column, names: &[String]) -> Error {
    let wanted = columns_text(std::slice::from_ref(column));
    let remedy = nearest_name(&wanted, names.iter())
        .map_or_else(|| "name one of them".to_owned(), |name| format!("did you mean {name}?"));
    refused(format!("there is no column {wanted}: its columns are {}", shown_names(names)))
        .remedy(remedy)
        .nothing_changed()
}

/// Where each column of emitted events stands.
fn row(event_columns: &mut Option<Vec<String>>, names: &[String]) -> Result<Vec<usize>> {
    let columns = event_columns.get_or_insert_with(|| names.to_vec());
    let place = |column: &String| names.iter().position(|name| name == column);
    columns.iter().map(place).collect::<Option<_>>().ok_or_else(|| {
        let (then, now) = (shown_names(columns), shown_names(names));
        refused(format!("emitted events have the columns {then}, these rows have {now}"))
            .remedy("give all batches the columns that the first one had")
            .nothing_changed()
    })
}

fn refused(what: String) -> Error {
    Error::new(ErrorKind::DataRefused, what)
}
