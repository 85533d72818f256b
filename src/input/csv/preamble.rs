//! Lines before the rows of a file, such as the titles of an export.

use super::clues::Clues;
use super::dialect::Dialect;
use super::header::rows_of;
use crate::input::lines::lines_in;
use std::collections::BTreeMap;

/// The number of rows that are read.
const ROWS: usize = 100;

/// The number of lines of `text` before its header or first row; `None` if that is not clear.
pub(super) fn lines(text: &[u8], dialect: Dialect, clues: &mut Clues) -> Option<u64> {
    let (starts, rows): (Vec<usize>, Vec<_>) =
        rows_of(text, dialect).take(ROWS).map(|row| (row.start, row.fields)).unzip();
    if rows.is_empty() {
        return Some(0);
    }
    let first = rows_begin(&rows, clues)?;
    // The row reader recognizes blank lines and comments directly before the rows.
    let behind = |row: usize| starts[row] + dialect.row_end(&text[starts[row]..]);
    Some(lines_in(&text[..first.checked_sub(1).map_or(0, behind)]))
}

/// The first of the `rows` that is the header or has data.
pub(super) fn rows_begin(rows: &[Vec<Vec<u8>>], clues: &mut Clues) -> Option<usize> {
    if clues.have_names() {
        return rows.iter().position(|row| clues.is_header(row));
    }
    let width = usual_width(rows)?;
    let first = rows.iter().position(|row| row.len() == width)?;
    let (before, from) = rows.split_at(first);
    let are_narrower = before.iter().all(|row| row.len() < width);
    let like_first = from.iter().filter(|row| row.len() == width).count();
    let is_clear = are_narrower && 2 * like_first > from.len() && clues.have_times(from);
    is_clear.then_some(first)
}

/// The number of fields that most rows have, if it is more than one.
fn usual_width(rows: &[Vec<Vec<u8>>]) -> Option<usize> {
    let mut rows_of_width: BTreeMap<usize, usize> = BTreeMap::new();
    for row in rows {
        *rows_of_width.entry(row.len()).or_default() += 1;
    }
    let (&width, _) = rows_of_width.iter().filter(|(width, _)| **width > 1).max_by_key(|(_, rows)| **rows)?;
    Some(width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{ColumnRequest, SourceRequest};
    use crate::input::path_columns::PathColumns;

    fn before(text: &str, columns: Option<[&str; 2]>) -> Option<u64> {
        let ask = |name: &str| vec![ColumnRequest::Name(name.to_owned())];
        let request = match columns {
            Some([key, time]) => {
                SourceRequest { key: Some(ask(key)), time: Some(ask(time)), ..SourceRequest::default() }
            }
            None => SourceRequest::default(),
        };
        let mut source = request.create(&[]);
        source.fill_open(&[ColumnRequest::Number(1)], &[ColumnRequest::Number(2)]);
        let mut clues = Clues::of(&source, &PathColumns::default(), true).unwrap();
        lines(text.as_bytes(), Dialect::default(), &mut clues)
    }

    const ROWS: &str = "user,ts\nann,2020-01-01\nbob,2020-01-02\n";

    #[test]
    fn titles_have_fewer_fields_than_rows() {
        assert_eq!(before(ROWS, None), Some(0));
        assert_eq!(before(&format!("Report\n\n\"Q1\"\n{ROWS}"), None), Some(3));
        assert_eq!(before("Report\nann,2020-01-01\n", None), Some(1));
        assert_eq!(before("", None), Some(0));
    }

    #[test]
    fn what_is_not_clear_is_not_guessed() {
        assert_eq!(before(&format!("Report,of,May\n{ROWS}"), None), None);
        assert_eq!(before("Report\nuser,ts\nann,soon\n", None), None);
        assert_eq!(before("Report\n", None), None);
        assert_eq!(before(ROWS, Some(["user", "at"])), None);
    }

    #[test]
    fn the_header_is_the_row_with_all_names() {
        assert_eq!(before(&format!("Report,of,May\nuser,\n{ROWS}"), Some(["user", "ts"])), Some(2));
    }
}
