//! Which kinds of values can be keys and times.

use super::columns::FileColumn;
use crate::error::{Error, ErrorKind, Result};
use crate::input::columns::Columns;
use crate::input::time::TimeParser;
use arrow_schema::DataType;

/// Lets `times` read what the file holds as times, whatever times of other files look like.
pub(in crate::input) fn set_form(times: &mut TimeParser, columns: &Columns, all: &[FileColumn]) {
    let kinds: Vec<&DataType> = in_file(&columns.time, all).map(|column| &column.kind).collect();
    if let ([_], [DataType::Timestamp(_, zone)]) = (&columns.time[..], &kinds[..]) {
        *times = times.of_moments(zone.is_some());
    } else if kinds.into_iter().any(is_time) {
        // They have a text that this program gives them.
        *times = times.of_clear_times();
    }
}

/// The columns at these positions, those in the path aside.
fn in_file<'a>(positions: &'a [usize], all: &'a [FileColumn]) -> impl Iterator<Item = &'a FileColumn> {
    positions.iter().filter_map(|&position| all.get(position))
}

fn is_time(kind: &DataType) -> bool {
    matches!(kind, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64)
}

/// Refuses columns of kinds that have no text here.
///
/// # Errors
/// [`ErrorKind::DataRefused`], without the place.
pub(super) fn check_read(all: &[FileColumn]) -> Result<()> {
    let unread = all.iter().find(|column| !is_read(&column.kind));
    unread.map_or(Ok(()), |column| {
        let what =
            format!("column {} is of the kind {}, which sessionize does not read", column.name, column.kind);
        Err(Error::new(ErrorKind::DataRefused, what)
            .remedy("make a plain column or a list of it, or leave it out")
            .nothing_changed())
    })
}

fn is_read(kind: &DataType) -> bool {
    match kind {
        DataType::RunEndEncoded(..)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::Union(..) => false,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            is_read(item.data_type())
        }
        DataType::Map(entries, _) => is_read(entries.data_type()),
        DataType::Struct(fields) => fields.iter().all(|field| is_read(field.data_type())),
        DataType::Dictionary(_, value) => is_read(value),
        _ => true,
    }
}

/// Refuses columns whose values are no keys, or no times.
///
/// # Errors
/// [`ErrorKind::DataRefused`], without the place.
pub(in crate::input) fn check_kinds(columns: &Columns, all: &[FileColumn]) -> Result<()> {
    let refused = |column: &FileColumn, role: &str| {
        let what = format!("column {} is {}, which cannot be a {role}", column.name, kind_name(&column.kind));
        Error::new(ErrorKind::DataRefused, what)
    };
    let mut keys = in_file(&columns.key, all);
    if let Some(column) = keys.find(|column| !may_be_key(&column.kind)) {
        return Err(refused(column, "key")
            .remedy("name another column with --key, or write it as an integer or a text")
            .nothing_changed());
    }
    let mut times = in_file(&columns.time, all);
    if let Some(column) = times.find(|column| !may_be_time(&column.kind)) {
        return Err(refused(column, "time").remedy("name another column with --time").nothing_changed());
    }
    Ok(())
}

pub(in crate::input) fn may_be_time(kind: &DataType) -> bool {
    !kind.is_nested() && !matches!(kind, DataType::Boolean | DataType::Interval(_))
}

/// Equal keys have equal texts: that holds for no number with a fraction, and for no time.
pub(in crate::input) fn may_be_key(kind: &DataType) -> bool {
    match kind {
        DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => *scale == 0,
        DataType::Boolean
        | DataType::Utf8View
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_)
        | DataType::Date32
        | DataType::Date64
        | DataType::Null => true,
        other => other.is_integer(),
    }
}

/// The kind of a column, for people.
fn kind_name(kind: &DataType) -> &'static str {
    match kind {
        DataType::Decimal128(..) | DataType::Decimal256(..) => "a number with a fraction",
        DataType::Timestamp(..) | DataType::Time32(_) | DataType::Time64(_) => "a time",
        DataType::Boolean => "true or false",
        DataType::Interval(_) => "an interval",
        kind if kind.is_floating() => "a floating-point number",
        DataType::Map(..) => "a map",
        _ => "a list",
    }
}
