//! Which columns are most likely the key and the time.

use super::facts::Facts;
use crate::input::{key_likeness, time_likeness};
use std::cmp::Reverse;

/// The columns that are proposed, by position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnChoice {
    /// The key. Empty if no column can be the key.
    pub key: Vec<usize>,
    /// The time: one column, or a column of dates and one of times of day. Empty if there is none.
    pub time: Vec<usize>,
}

/// Chooses key and time among the columns with these `facts`. Columns in `named` were requested, and stay.
pub fn choose(facts: &[Facts<'_>], named: ColumnChoice) -> ColumnChoice {
    let time = if named.time.is_empty() { choose_time(facts) } else { named.time };
    let key = if named.key.is_empty() { choose_key(facts, &time).into_iter().collect() } else { named.key };
    ColumnChoice { key, time }
}

/// Names decide first, then values: an event time has a time of day and seldom repeats.
fn choose_time(facts: &[Facts<'_>]) -> Vec<usize> {
    let times = facts.iter().enumerate().filter(|(_, column)| !column.formats.is_empty());
    let best = times.max_by_key(|(place, column)| {
        (has_clock(column), time_likeness(column.name), column.distinct, Reverse(*place))
    });
    let Some((date, column)) = best else { return Vec::new() };
    let clock = facts.iter().position(|column| column.is_clock).filter(|_| !has_clock(column));
    std::iter::once(date).chain(clock).collect()
}

/// Whether the times are more than dates. Numbers are, unless they are dates.
fn has_clock(column: &Facts<'_>) -> bool {
    let has_clock = |value: &&[u8]| {
        let is_number = value.iter().all(u8::is_ascii_digit);
        value.contains(&b':') || value.contains(&b'T') || (is_number && value.len() > "20200101".len())
    };
    column.values.first().is_some_and(has_clock)
}

/// Names decide first, then values: a key repeats, and is neither constant nor a measure.
fn choose_key(facts: &[Facts<'_>], time: &[usize]) -> Option<usize> {
    let is_other = |(place, column): &(usize, &Facts<'_>)| {
        !time.contains(place) && column.formats.is_empty() && !column.is_clock && !column.values.is_empty()
    };
    let others = facts.iter().enumerate().filter(is_other);
    let best = others.max_by_key(|(place, column)| {
        let likeness = key_likeness(column.name);
        // The user of an access log is a key by its name, and missing in most rows.
        let would_do = likeness > 0 && column.is_full;
        (would_do, likeness, repeats(column), !is_measure(column), column.distinct, Reverse(*place))
    });
    best.map(|(place, _)| place)
}

fn repeats(column: &Facts<'_>) -> bool {
    (2..column.values.len()).contains(&column.distinct)
}

/// Whether a value is a number with a fraction, a path, or text with spaces: no key is.
fn is_measure(column: &Facts<'_>) -> bool {
    let is_measure = |value: &&[u8]| {
        let is_number = std::str::from_utf8(value).is_ok_and(|text| text.parse::<f64>().is_ok());
        (is_number && value.contains(&b'.')) || value.contains(&b' ') || value.starts_with(b"/")
    };
    column.values.iter().any(is_measure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::time::formats_of_column;
    use std::collections::HashSet;

    fn column<'v>(name: &'v str, values: &[&'v str]) -> Facts<'v> {
        let values: Vec<&[u8]> = values.iter().map(|value| value.as_bytes()).collect();
        Facts {
            name,
            is_full: true,
            distinct: values.iter().collect::<HashSet<_>>().len(),
            formats: formats_of_column(&values),
            is_clock: values.iter().all(|value| value.len() == 8 && value[2] == b':'),
            values,
        }
    }

    fn chosen(facts: &[Facts<'_>]) -> (Vec<usize>, Vec<usize>) {
        let choice = choose(facts, ColumnChoice::default());
        (choice.key, choice.time)
    }

    #[test]
    fn names_decide_and_values_where_there_are_none() {
        let id = column("event_id", &["e1", "e2", "e3"]);
        let user = column("user_id", &["ann", "bob", "ann"]);
        let page = column("page", &["/", "/a", "/"]);
        let created =
            column("created_at", &["2020-01-01 00:00:00", "2020-01-01 00:00:01", "2020-01-01 00:00:02"]);
        let time =
            column("timestamp", &["2020-01-01 00:00:00", "2020-01-01 00:00:01", "2020-01-01 00:00:02"]);
        let facts = [id.clone(), page, created.clone(), user, time];
        assert_eq!(chosen(&facts), (vec![3], vec![4]));
        assert_eq!(chosen(&[id, created, column("x", &["a", "b", "a"])]), (vec![2], vec![1]));
    }

    #[test]
    fn a_key_that_most_rows_lack_is_taken_only_where_no_other_is_named_so() {
        let user = Facts { is_full: false, ..column("user", &["ann"]) };
        let host = column("remote_host", &["192.0.2.1", "192.0.2.2", "192.0.2.1"]);
        let page = column("page", &["x", "y", "x"]);
        let time = column("time", &["2020-01-01 00:00:00", "2020-01-01 00:00:01", "2020-01-01 00:00:02"]);
        assert_eq!(chosen(&[user.clone(), page.clone(), host, time.clone()]), (vec![2], vec![3]));
        assert_eq!(chosen(&[user, page, time]), (vec![0], vec![2]));
    }

    #[test]
    fn a_date_and_a_time_of_day_are_one_time() {
        let date = column("date", &["2020-01-01", "2020-01-01"]);
        let clock = column("time", &["10:00:00", "10:00:01"]);
        let ip = column("c-ip", &["10.0.0.1", "10.0.0.2"]);
        assert_eq!(chosen(&[date, clock, ip]), (vec![2], vec![0, 1]));
    }

    #[test]
    fn measures_paths_and_constants_are_no_keys() {
        let price = column("price", &["1.5", "2.5", "1.5"]);
        let shop = column("shop", &["x", "x", "x"]);
        let who = column("who", &["a", "b", "a"]);
        let path = column("path", &["/", "/a", "/b", "/"]);
        assert_eq!(chosen(&[price, shop, path, who]), (vec![3], vec![]));
    }

    #[test]
    fn what_is_named_stays() {
        let facts = [column("user_id", &["a"]), column("page", &["/"]), column("ts", &["2020-01-01"])];
        let named = ColumnChoice { key: vec![1], time: Vec::new() };
        assert_eq!(choose(&facts, named), ColumnChoice { key: vec![1], time: vec![2] });
    }
}
