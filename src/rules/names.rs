//! The names of output columns: no two of one output are the same.

use super::aggregate::AggregateText;
use super::flag::{NO_RULE, RuleFlag, RuleTexts};

/// The columns of completed sessions that are there whatever is asked for, besides those of the key.
pub const FIXED_COLUMNS: [&str; 7] =
    ["op", "session_id", "start", "end", "duration_s", "events", "closed_by"];

impl RuleTexts {
    /// Holds that nothing stands beside the word that takes a rule away.
    ///
    /// # Errors
    /// The flag that both gives values and takes them away, in words.
    pub fn check_none_is_alone(&self) -> Result<(), String> {
        let is_torn = |values: &[String]| values.len() > 1 && values.iter().any(|value| value == NO_RULE);
        match self.iter().find(|(_, values)| is_torn(values)) {
            Some((flag, _)) => {
                Err(format!("--{0} none takes the rule away, and another --{0} gives one", flag.name()))
            }
            None => Ok(()),
        }
    }

    /// Holds the output columns of the aggregates against each other, against [`FIXED_COLUMNS`] and the names of the key
    /// columns, as far as those are known.
    ///
    /// # Errors
    /// The first two that have one name, in words.
    pub fn check_names(&self, key_names: &[String]) -> Result<(), String> {
        let mut named: Vec<(String, &str)> = Vec::new();
        for text in self.values(RuleFlag::Aggregate) {
            let name = AggregateText::read(text)?.name();
            let why = if let Some((_, other)) = named.iter().find(|(other, _)| *other == name) {
                format!("as --agg {other} does")
            } else if FIXED_COLUMNS.contains(&name.as_str()) {
                "which every output has already".to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_stands_alone() {
        let check = |values: &[&str]| {
            let mut texts = RuleTexts::default();
            texts.set(RuleFlag::SplitOn, values.iter().map(|&text| text.to_owned()).collect());
            texts.check_none_is_alone()
        };
        assert_eq!(check(&["none"]), Ok(()));
        assert_eq!(check(&["a", "b"]), Ok(()));
        assert!(check(&["a", "none"]).is_err());
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
            let told = check(&[&format!("count={name}")]).unwrap_err();
            assert!(told.ends_with("which every output has already"), "{told}");
        }
        assert_eq!(
            check(&["first(a)=user"]),
            Err("--agg first(a)=user makes a column user, as the key is named".to_owned())
        );
    }
}
