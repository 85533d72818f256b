//! Columns by their names in the header of a file.
#![expect(clippy::cast_possible_truncation, reason = "numbers of columns")]

use super::files::BatchFile;
use crate::definition::{Column, ColumnRequest, Source, columns_text};
use crate::error::{Error, ErrorKind, Result};

const SHOWN_NAMES: usize = 50;
const SHOWN_LETTERS: usize = 100;

/// The column as the first file shows it. A name that is not unique does not identify it: then it stays a number.
pub(super) fn decided(position: usize, header: bool, names: &[String]) -> Column {
    let name = &names[position];
    let tells = header && !name.is_empty() && names.iter().filter(|other| *other == name).count() == 1;
    // A name that looks like a number would be read as one.
    let name = (tells && matches!(ColumnRequest::read(name), ColumnRequest::Name(_))).then(|| name.clone());
    Column { position: Some(position as u32), name }
}

pub(super) fn locate(column: &Column, names: &[String], by_name: bool, file: &BatchFile) -> Result<usize> {
    let found = match (&column.name, column.position) {
        (Some(name), position) if by_name || position.is_none() => {
            let mut places = names.iter().enumerate().filter(|(_, other)| *other == name);
            match (places.next(), places.next()) {
                (Some((place, _)), None) => Some(place),
                (Some(_), Some(_)) => return Err(twice(name, file)),
                (None, _) => None,
            }
        }
        (_, position) => {
            position.map(|position| position as usize).filter(|&position| position < names.len())
        }
    };
    found.ok_or_else(|| missing(column, names, file))
}

/// Names for people: an error message has neither millions of names nor a name of a million letters.
pub(super) fn shown_names(names: &[String]) -> String {
    let shown =
        names.iter().take(SHOWN_NAMES).map(|name| name.chars().take(SHOWN_LETTERS).collect::<String>());
    let shown = shown.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The error for a column that stands in a file and in its path.
pub(super) fn in_both(name: &str, file: &BatchFile) -> Error {
    Error::new(ErrorKind::DataRefused, format!("column {name} is in the file, and in its path too"))
        .at(file.path().display())
        .remedy("rename the column in the file or the folder, or leave out --path-columns")
        .nothing_changed()
}

/// The error for a column that a file does not have.
pub(super) fn missing(column: &Column, names: &[String], file: &BatchFile) -> Error {
    let wanted = columns_text(std::slice::from_ref(column));
    let what = format!("there is no column {wanted}: its columns are {}", shown_names(names));
    // Only a column that an earlier file has shown has both.
    let remedy = if column.name.is_some() && column.position.is_some() {
        "files must have the columns that the first one had: fix its header, or give it a --state and --out of its own"
    } else if names.len() == 1 {
        "check --delimiter, then name the columns with --key and --time"
    } else {
        "name the columns with --key and --time"
    };
    Error::new(ErrorKind::DataRefused, what).at(file.path().display()).remedy(remedy).nothing_changed()
}

/// Checks that key and time of `source` are named, in a format without default columns. Those of the `usual` columns that the
/// file has are an example.
pub(super) fn check_are_named(
    source: &Source,
    names: &[String],
    usual: &[&str],
    file: &BatchFile,
) -> Result<()> {
    let example: Vec<&str> =
        usual.iter().copied().filter(|usual| names.iter().any(|name| name == usual)).collect();
    let example = if example.is_empty() { "COL".to_owned() } else { example.join(",") };
    let (what, remedy) = if Source::is_open(&source.key) {
        ("key", format!("name the columns that tell users apart, such as --key {example}"))
    } else if Source::is_open(&source.time) {
        ("time", "name its column with --time".to_owned())
    } else {
        return Ok(());
    };
    let what = format!("the {what} is not named, and the columns of this file are {}", shown_names(names));
    Err(Error::new(ErrorKind::DataRefused, what).at(file.path().display()).remedy(remedy).nothing_changed())
}

/// Checks that no column of `source` is given by number.
pub(super) fn check_have_names(source: &Source, names: &[String], file: &BatchFile) -> Result<()> {
    let mut columns = source.key.iter().chain(&source.time).chain(&source.kept);
    columns.find(|column| column.name.is_none()).map_or(Ok(()), |column| Err(numbered(column, names, file)))
}

/// The error for a column given by number in a file that has only names.
pub(super) fn numbered(column: &Column, names: &[String], file: &BatchFile) -> Error {
    let wanted = columns_text(std::slice::from_ref(column));
    let shown = shown_names(names);
    let what = format!("column {wanted} is given by number, but this file has only names: {shown}");
    Error::new(ErrorKind::DataRefused, what)
        .at(file.path().display())
        .remedy("name the columns with --key and --time")
        .nothing_changed()
}

fn twice(name: &str, file: &BatchFile) -> Error {
    Error::new(ErrorKind::DataRefused, format!("two columns are named {name}"))
        .at(file.path().display())
        .remedy("give the column by its number")
        .nothing_changed()
}
