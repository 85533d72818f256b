//! The flags that name the columns of a choice.

use super::choice::ColumnChoice;
use super::facts::Facts;
use crate::definition::ColumnRequest;
use crate::input::time::TimeFormat;
use crate::input::{Naming, ShownColumns};

/// The flags for the columns of `choice`, with values: `key`, `time`, and `time-format` if `auto` does not read the times. A
/// column that cannot be named is left out.
pub fn flags(
    choice: &ColumnChoice,
    shown: &ShownColumns,
    facts: &[Facts<'_>],
) -> Vec<(&'static str, String)> {
    let words = |places: &[usize]| -> Option<String> {
        let words: Option<Vec<String>> = places.iter().map(|&place| column_word(place, shown)).collect();
        words.filter(|words| !words.is_empty()).map(|words| words.join(","))
    };
    let key = words(&choice.key).map(|word| ("key", word));
    let time = words(&choice.time).map(|word| ("time", word));
    let format = match choice.time[..] {
        [place] => facts.get(place).and_then(|column| column.formats.first()),
        _ => None,
    };
    let format = format.filter(|format| **format != TimeFormat::Auto);
    key.into_iter().chain(time).chain(format.map(|format| ("time-format", format.to_string()))).collect()
}

/// How the column at `place` is named: by its name, or by its number if the name is not unique; `None` if neither works.
fn column_word(place: usize, shown: &ShownColumns) -> Option<String> {
    let name = shown.names.get(place)?;
    let is_one = shown.names.iter().filter(|other| *other == name).count() == 1;
    let is_name = matches!(ColumnRequest::read(name), ColumnRequest::Name(_));
    let can_be_asked = is_one && is_name && !name.is_empty() && !name.contains(',');
    match shown.naming {
        Naming::Names => can_be_asked.then(|| name.clone()),
        Naming::Header if can_be_asked => Some(name.clone()),
        Naming::Header | Naming::Numbers => Some((place + 1).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(naming: Naming, names: &[&str]) -> Vec<Option<String>> {
        let shown = ShownColumns {
            names: names.iter().map(|&name| name.to_owned()).collect(),
            naming,
            times: Vec::new(),
        };
        (0..names.len()).map(|place| column_word(place, &shown)).collect()
    }

    #[test]
    fn a_column_is_named_if_that_tells_it_apart() {
        let names = ["user", "", "ts", "ts", "3", "a,b"];
        let some = |words: [&str; 6]| words.map(|word| Some(word.to_owned())).to_vec();
        assert_eq!(words(Naming::Header, &names), some(["user", "2", "3", "4", "5", "6"]));
        assert_eq!(words(Naming::Numbers, &names), some(["1", "2", "3", "4", "5", "6"]));
        assert_eq!(words(Naming::Names, &names)[..3], [Some("user".to_owned()), None, None]);
    }
}
