//! The delimiter of a file, if it was not given.

use super::clues::Clues;
use super::dialect::Dialect;
use super::header::rows_of;
use super::preamble::rows_begin;
use std::path::Path;

/// The possible delimiters.
const DELIMITERS: [u8; 4] = *b",\t;|";

/// The number of rows that are read.
const ROWS: usize = 20;

/// The usual delimiter of files with such a name.
pub(super) fn usual_delimiter(path: &Path) -> u8 {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name = name.trim_end_matches(".gz").trim_end_matches(".zst");
    match name.rsplit('.').next() {
        Some("tsv" | "tab") => b'\t',
        Some("psv") => b'|',
        _ => b',',
    }
}

/// The delimiter of the rows in `text`; `None` if there are none.
///
/// Another delimiter replaces the `usual` one only if it is the only one that explains the first rows better: it gives them the
/// columns requested by name, or otherwise all of them the same number of fields, and times where times should be.
pub(super) fn delimiter(text: &[u8], usual: u8, dialect: Dialect, clues: &mut Clues) -> Option<u8> {
    let others = DELIMITERS.into_iter().filter(|&other| other != usual);
    let cut = |delimiter| (delimiter, rows(text, dialect.with_delimiter(delimiter), clues));
    let cuts: Vec<(u8, Vec<Vec<Vec<u8>>>)> = std::iter::once(usual).chain(others).map(cut).collect();
    let first = cuts[0].1.first()?;
    let fitting: Vec<u8> = cuts.iter().filter(|(_, rows)| fit(rows, clues)).map(|(byte, _)| *byte).collect();
    if let [only] = fitting[..] {
        return Some(only);
    }
    let consistent: Vec<u8> =
        cuts.iter().filter(|(_, rows)| clues.are_consistent(rows)).map(|(byte, _)| *byte).collect();
    match consistent[..] {
        // A row of one field cannot be ingested.
        [only] if fitting.is_empty() && first.len() == 1 => Some(only),
        _ => Some(usual),
    }
}

/// The first rows, after the lines that are not rows.
fn rows(text: &[u8], dialect: Dialect, clues: &mut Clues) -> Vec<Vec<Vec<u8>>> {
    let mut rows: Vec<Vec<Vec<u8>>> = rows_of(text, dialect).take(ROWS).map(|row| row.fields).collect();
    if clues.has_preamble {
        rows.drain(..rows_begin(&rows, clues).unwrap_or(0));
    }
    rows
}

fn fit(rows: &[Vec<Vec<u8>>], clues: &mut Clues) -> bool {
    if clues.have_names() {
        rows.first().is_some_and(|row| clues.is_header(row))
    } else {
        clues.are_consistent(rows) && clues.have_times(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{ColumnRequest, SourceRequest};
    use crate::input::path_columns::PathColumns;

    fn decided(text: &str, request: &SourceRequest) -> Option<char> {
        let mut source = request.create(&[]);
        source.fill_open(&[ColumnRequest::Number(1)], &[ColumnRequest::Number(2)]);
        let mut clues = Clues::of(&source, &PathColumns::default(), false).unwrap();
        delimiter(text.as_bytes(), b',', Dialect::default(), &mut clues).map(char::from)
    }

    fn by_number(text: &str) -> Option<char> {
        decided(text, &SourceRequest::default())
    }

    fn by_name(text: &str) -> Option<char> {
        let ask = |name: &str| Some(vec![ColumnRequest::Name(name.to_owned())]);
        decided(text, &SourceRequest { key: ask("user"), time: ask("ts"), ..SourceRequest::default() })
    }

    #[test]
    fn each_delimiter_is_known_with_and_without_a_header() {
        for delimiter in [',', '\t', ';', '|'] {
            let rows = "ann,2020-01-01 10:00:00,/a\nbob,2020-01-01 10:01:00,\n";
            let rows = rows.replace(',', &delimiter.to_string());
            let with_header = format!("user,ts,page\n{rows}").replace(',', &delimiter.to_string());
            assert_eq!(
                [by_number(&rows), by_number(&with_header), by_name(&with_header)],
                [Some(delimiter); 3]
            );
        }
        assert_eq!(by_number("\n\n"), None);
    }

    #[test]
    fn a_comma_file_stays_one_whatever_its_fields_hold() {
        for text in [
            "user,ts,a;b\nann,2020-01-01,x;y\nbob,2020-01-02,x;y\n",
            "a;b,c\nann;x,2020-01-01\nbob;y,2020-01-02\n",
            "user,ts\nann,2020-01-01,too;many\nbob\n",
            "u|v;w,ts\n\"a;b|c\",2020-01-01\n",
            "user,ts\n",
            "ann,60\n",
        ] {
            assert_eq!(by_number(text), Some(','), "{text}");
        }
        assert_eq!(by_name("user,ts,a;b\nann,2020-01-01\n"), Some(','));
    }

    #[test]
    fn a_decimal_comma_is_no_delimiter() {
        for text in [
            "ann;2020-01-01 10:00:00;12,50\nbob;2020-01-01 10:01:00;0,75\n",
            "user;ts;amount\nann;2020-01-01;12,50\n",
        ] {
            assert_eq!(by_number(text), Some(';'), "{text}");
        }
    }

    #[test]
    fn where_nothing_is_clear_the_usual_one_stays() {
        assert_eq!(by_number("a;b|c\nd;e|f\n"), Some(','));
        assert_eq!(by_name("who;when\nann;2020-01-01\n"), Some(';'));
        assert_eq!(by_number("user;at\nann;soon\n"), Some(';'));
    }

    #[test]
    fn the_name_of_a_file_says_what_is_usual() {
        let usual = |name: &str| usual_delimiter(Path::new(name));
        assert_eq!(
            [usual("a.tsv"), usual("b/A.TAB.gz"), usual("x.psv.zst"), usual("x.csv"), usual("-")],
            [b'\t', b'\t', b'|', b',', b',']
        );
    }
}
