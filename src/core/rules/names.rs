//! The names of output columns: those of one output are all different.

use super::aggregate::AggregateText;
use super::flag::{NO_RULE, RuleFlag};
use super::texts::RuleTexts;
use std::collections::BTreeSet;

/// The columns of completed sessions that every output has, besides those of the key.
pub const FIXED_COLUMNS: [&str; 7] =
    ["op", "session_id", "session_start", "session_end", "duration_s", "event_count", "close_reason"];

impl RuleTexts {
    /// Checks that no other value stands next to the one that removes a rule.
    ///
    /// # Errors
    /// The flag with both.
    pub fn check_none_is_alone(&self) -> Result<(), String> {
        let is_torn = |values: &[String]| values.len() > 1 && values.iter().any(|value| value == NO_RULE);
        match self.iter().find(|(flag, values)| flag.no_rule() == NO_RULE && is_torn(values)) {
            Some((flag, _)) => {
                Err(format!("--{0} none removes the rule, but another --{0} sets one", flag.name()))
            }
            None => Ok(()),
        }
    }

    /// Checks the output columns of the aggregates against each other, against [`FIXED_COLUMNS`] and against the key columns
    /// whose names are known.
    ///
    /// # Errors
    /// The first two columns with one name.
    pub fn check_names(&self, key_names: &[String]) -> Result<(), String> {
        let mut named: Vec<(String, &str)> = Vec::new();
        for text in self.values(RuleFlag::Aggregate) {
            let name = AggregateText::read(text)?.name();
            let why = if let Some((_, other)) = named.iter().find(|(other, _)| *other == name) {
                format!("as --agg {other} does")
            } else if FIXED_COLUMNS.contains(&name.as_str()) {
                "which every output has".to_owned()
            } else if key_names.contains(&name) {
                "as the key is named".to_owned()
            } else {
                named.push((name, text));
                continue;
            };
            return Err(format!("--agg {text} makes a column {name}, {why}"));
        }
        Ok(())
    }
}

/// The columns before those of the files in side outputs.
pub const SIDE_COLUMNS: [&str; 3] = ["file", "line", "reason"];

/// The columns after those of the files in the output of events.
pub const EVENT_COLUMNS: [&str; 2] = ["session_id", "event_number"];

impl RuleTexts {
    /// Checks the names that come from files against each other and against the fixed ones: those of the key in the output of
    /// sessions, all `event_columns` in the output of events.
    ///
    /// # Errors
    /// The first name that would occur twice.
    pub fn check_file_names(&self, key_names: &[String], event_columns: &[String]) -> Result<(), String> {
        let corrects = self.value(RuleFlag::AllowedLateness).is_some();
        let of_sessions = FIXED_COLUMNS.into_iter().filter(|name| corrects || *name != "op");
        let outputs = [
            ("sessions", first_twice(of_sessions.chain(key_names.iter().map(String::as_str)))),
            (
                "events",
                first_twice(EVENT_COLUMNS.into_iter().chain(event_columns.iter().map(String::as_str))),
            ),
        ];
        match outputs.into_iter().find_map(|(output, twice)| Some((output, twice?))) {
            Some((output, name)) => {
                Err(format!("the output of {output} would have two columns named '{name}'"))
            }
            None => Ok(()),
        }
    }
}

/// The first name that occurs twice.
fn first_twice<'n>(mut names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let mut seen = BTreeSet::new();
    names.find(|name| !seen.insert(*name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rules::splits::SplitFlag;

    #[test]
    fn none_stands_alone() {
        let check = |values: &[&str]| {
            let mut texts = RuleTexts::default();
            texts.set(
                RuleFlag::Split(SplitFlag::SplitOn),
                values.iter().map(|&text| text.to_owned()).collect(),
            );
            texts.check_none_is_alone()
        };
        assert_eq!(check(&["none"]), Ok(()));
        assert_eq!(check(&["a", "b"]), Ok(()));
        assert!(check(&["a", "none"]).is_err());
    }

    #[test]
    fn a_name_of_the_files_is_none_of_ours() {
        let check = |rules: &[(RuleFlag, &str)], key: &[&str], event: &[&str]| {
            let mut texts = RuleTexts::default();
            for (flag, value) in rules {
                texts.set(*flag, vec![(*value).to_owned()]);
            }
            let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
            texts.check_file_names(&owned(key), &owned(event))
        };
        assert_eq!(check(&[], &["user", "op", "page"], &["start", "user", "op"]), Ok(()));
        let retain = (RuleFlag::AllowedLateness, "1d");
        for name in FIXED_COLUMNS {
            let refusal = check(&[retain], &["user", name], &[]).unwrap_err();
            assert_eq!(refusal, format!("the output of sessions would have two columns named '{name}'"));
        }
        assert!(check(&[], &["user", "user"], &[]).is_err());
        for columns in [["user", "session_id"], ["event_number", "user"], ["a", "a"], ["", ""]] {
            assert!(check(&[], &["user"], &columns).unwrap_err().starts_with("the output of events"));
        }
    }

    #[test]
    fn a_name_is_given_once() {
        let check = |aggregates: &[&str]| {
            let mut texts = RuleTexts::default();
            texts.set(RuleFlag::Aggregate, aggregates.iter().map(|&text| text.to_owned()).collect());
            texts.check_names(&["user".to_owned()])
        };
        assert_eq!(check(&["count", "sum(amount)", "count(user)", "first(user)=User"]), Ok(()));
        assert_eq!(
            check(&["first(a b)", "last(c)=first_a_b"]),
            Err("--agg last(c)=first_a_b makes a column first_a_b, as --agg first(a b) does".to_owned())
        );
        for name in FIXED_COLUMNS {
            let refusal = check(&[&format!("count={name}")]).unwrap_err();
            assert!(refusal.ends_with("which every output has"), "{refusal}");
        }
        assert_eq!(
            check(&["first(a)=user"]),
            Err("--agg first(a)=user makes a column user, as the key is named".to_owned())
        );
    }
}
