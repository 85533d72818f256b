//! The columns that a file shows without a request, and whether the first row names them.

use super::header::{FirstRow, is_word, may_be_name};
use crate::input::shown::{Naming, ShownColumns};
use crate::input::time::formats_of_column;
use std::collections::HashSet;

/// The columns of a file that begins with the row `first`. `stated` is the value of `--header`, if it was given.
pub(super) fn shown_columns(first: &FirstRow, stated: Option<bool>) -> ShownColumns {
    let names = first.fields.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
    let is_header = stated.unwrap_or_else(|| looks_like_header(first));
    let naming = if is_header { Naming::Header } else { Naming::Numbers };
    ShownColumns { names, naming, times: Vec::new() }
}

/// Whether the fields of the first row are names: different words, none of them a time, with a time or a number below one of
/// them if there are any rows.
fn looks_like_header(first: &FirstRow) -> bool {
    let may_be_names = |field: &Vec<u8>| {
        field.is_empty() || (may_be_name(field) && is_word(field) && formats_of_column(&[field]).is_empty())
    };
    let mut seen = HashSet::new();
    let are_distinct = first.fields.iter().filter(|field| !field.is_empty()).all(|field| seen.insert(field));
    let below = |place: usize| first.next.iter().filter_map(move |row| row.get(place)).map(Vec::as_slice);
    let is_other =
        |value: &[u8]| !value.is_empty() && (!may_be_name(value) || !formats_of_column(&[value]).is_empty());
    let has_others = (0..first.fields.len()).any(|place| below(place).any(is_other));
    are_distinct
        && !seen.is_empty()
        && first.fields.iter().all(may_be_names)
        && (first.next.is_empty() || has_others)
}

#[cfg(test)]
mod tests {
    use super::super::dialect::Dialect;
    use super::super::header::first_rows;
    use super::*;

    fn naming(text: &str) -> Naming {
        shown_columns(&first_rows(text.as_bytes(), Dialect::default()).unwrap(), None).naming
    }

    #[test]
    fn names_stand_above_times_or_numbers() {
        for text in
            ["user,when\n", "user,page,ts\nann,/,2020-01-01\n", "a,b\nx,3\n", "who,when\nann,13.01.2020\n"]
        {
            assert_eq!(naming(text), Naming::Header, "{text}");
        }
        for text in [
            "ann,2020-01-01\nbob,2020-01-02\n",
            "ann,2020-01-01T00:00:00Z\n",
            "ann,yesterday\nbob,tomorrow\n",
            "a,a\nx,3\n",
            "ann,13 Jan 2020\nbob,13 Jan 2020\n",
            "ann,null\nbob,3\n",
            ",\nx,3\n",
        ] {
            assert_eq!(naming(text), Naming::Numbers, "{text}");
        }
    }

    #[test]
    fn what_is_stated_holds() {
        let first = first_rows(b"a,b\nx,3\n", Dialect::default()).unwrap();
        assert_eq!(shown_columns(&first, Some(false)).naming, Naming::Numbers);
    }
}
