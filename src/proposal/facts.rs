//! Facts about a column, from its first values.

use crate::input::time::{TimeFormat, are_times, formats_of_column};
use crate::input::{Naming, Sample};
use chrono_tz::Tz;
use std::collections::HashSet;

/// Facts about a column, from its first values.
#[derive(Debug, Clone)]
pub struct Facts<'s> {
    /// Its name; empty if columns have only numbers.
    pub name: &'s str,
    /// Its non-empty values, in order.
    pub values: Vec<&'s [u8]>,
    /// Whether hardly any row lacks one: a run allows one reject in a hundred rows.
    pub is_full: bool,
    /// The number of different values.
    pub distinct: usize,
    /// The time formats that read them, the most likely one first; empty if they are not times.
    pub formats: Vec<TimeFormat>,
    /// Whether they are times of day without a date.
    pub is_clock: bool,
}

/// The facts of every column of `sample`, in order. A pattern that was `asked` for is tried first. Linear in its bytes.
pub fn facts<'s>(sample: &'s Sample, asked: &TimeFormat) -> Vec<Facts<'s>> {
    let has_names = sample.columns.naming != Naming::Numbers;
    let names = sample.columns.names.iter().map(|name| if has_names { name.as_str() } else { "" });
    names.enumerate().map(|(place, name)| facts_of(sample, place, name, asked)).collect()
}

fn facts_of<'s>(sample: &'s Sample, place: usize, name: &'s str, asked: &TimeFormat) -> Facts<'s> {
    let values = sample.rows.iter().filter_map(|row| row.get(place)).map(Vec::as_slice);
    let values: Vec<&[u8]> = values.filter(|value| !value.is_empty()).collect();
    let fits = matches!(asked, TimeFormat::Strftime(_)) && are_times(&values, asked, Tz::UTC);
    Facts {
        name,
        is_full: values.len() * 100 >= sample.rows.len() * 99,
        distinct: values.iter().collect::<HashSet<_>>().len(),
        formats: if fits { vec![asked.clone()] } else { formats_of_column(&values) },
        is_clock: !values.is_empty() && values.iter().all(|value| is_clock(value)),
        values,
    }
}

/// `10:05:03`, also with a fraction or without seconds.
fn is_clock(value: &[u8]) -> bool {
    let mut parts = value.split(|&byte| byte == b':');
    let is_number = |part: &[u8]| (1..=2).contains(&part.len()) && part.iter().all(u8::is_ascii_digit);
    let (hour, minute) = (parts.next(), parts.next());
    let second = parts.next().map(|part| part.split(|&byte| byte == b'.').next().unwrap_or_default());
    hour.is_some_and(is_number)
        && minute.is_some_and(is_number)
        && second.is_none_or(is_number)
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_has_no_date() {
        for clock in ["10:05:03", "9:05", "23:59:59.123"] {
            assert!(is_clock(clock.as_bytes()), "{clock}");
        }
        for other in ["", "10", "2020-01-01 10:05:03", "10:05:03:04", "a:b", "100:00"] {
            assert!(!is_clock(other.as_bytes()), "{other}");
        }
    }
}
