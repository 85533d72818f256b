//! The rules of a definition as text: canonical values by flag.

use super::flag::RuleFlag;
use std::collections::BTreeMap;

/// Canonical values by flag. A flag without an entry was not given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleTexts(BTreeMap<RuleFlag, Vec<String>>);

impl RuleTexts {
    /// Sets the canonical values of a flag, in the given order. No values mean that the flag was not given.
    pub fn set(&mut self, flag: RuleFlag, values: Vec<String>) {
        if !values.is_empty() {
            self.0.insert(flag, values);
        }
    }

    /// Collects rules: the name of a flag, and a value. A name that occurs again adds a value.
    ///
    /// # Errors
    /// The name, and what is wrong with it or its value.
    pub fn collect<'t>(rules: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Self, String> {
        let mut texts = Self::default();
        for (name, value) in rules {
            let wrong = |what: String| format!("{name}: {what}");
            let flag = RuleFlag::named(name).ok_or_else(|| wrong("there is no such rule".to_owned()))?;
            texts.0.entry(flag).or_default().push(flag.canonical(value).map_err(wrong)?);
        }
        Ok(texts)
    }

    /// The values of a flag; none if it was not given or was removed.
    pub fn values(&self, flag: RuleFlag) -> impl Iterator<Item = &str> {
        self.0
            .get(&flag)
            .into_iter()
            .flatten()
            .map(String::as_str)
            .filter(move |value| *value != flag.no_rule())
    }

    /// The value of a flag that has one value.
    pub fn value(&self, flag: RuleFlag) -> Option<&str> {
        self.values(flag).next()
    }

    /// The given flags with their values as text.
    pub fn iter(&self) -> impl Iterator<Item = (RuleFlag, &[String])> {
        self.0.iter().map(|(flag, values)| (*flag, values.as_slice()))
    }

    /// The rules that differ from the default, with values in canonical form.
    pub fn meanings(&self) -> impl Iterator<Item = (RuleFlag, Vec<String>)> {
        let meaning = |&flag: &RuleFlag| (flag, flag.meaning(self.values(flag)));
        self.0.keys().map(meaning).filter(|(flag, meaning)| *meaning != flag.meaning(std::iter::empty()))
    }

    /// The flags of `asked` whose values differ from those of `self`: flag, kept values, asked values.
    pub fn differences<'t>(
        &'t self,
        asked: &'t Self,
    ) -> impl Iterator<Item = (RuleFlag, String, String)> + 't {
        asked.0.keys().filter_map(|&flag| {
            let differs = flag.meaning(self.values(flag)) != flag.meaning(asked.values(flag));
            let text = |of: &Self| flag.words(of.values(flag));
            differs.then(|| (flag, text(self), text(asked)))
        })
    }

    /// These rules, with those of `asked` in their place, flag by flag. A removed flag is gone.
    #[must_use]
    pub fn overridden_by(&self, asked: &Self) -> Self {
        let mut all = self.clone();
        all.0.extend(asked.0.clone());
        all.0.retain(|flag, values| values.iter().any(|value| value != flag.no_rule()));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rules::splits::SplitFlag;

    fn texts(flags: &[(RuleFlag, &[&str])]) -> RuleTexts {
        let mut texts = RuleTexts::default();
        for (flag, values) in flags {
            texts.set(*flag, values.iter().map(|value| flag.canonical(value).unwrap()).collect());
        }
        texts
    }

    #[test]
    fn only_flags_that_are_given_can_differ() {
        let kept = texts(&[
            (RuleFlag::Split(SplitFlag::MaxEvents), &["10"]),
            (RuleFlag::Aggregate, &["count", "sum(a)"]),
        ]);
        let asked = texts(&[
            (RuleFlag::Split(SplitFlag::MaxEvents), &["10"]),
            (RuleFlag::Aggregate, &["count"]),
            (RuleFlag::Split(SplitFlag::SplitOn), &["none"]),
            (RuleFlag::Split(SplitFlag::MaxDuration), &["1d"]),
        ]);
        let found: Vec<_> = kept.differences(&asked).collect();
        assert_eq!(
            found,
            [
                (RuleFlag::Aggregate, "count sum(a)".to_owned(), "count".to_owned()),
                (RuleFlag::Split(SplitFlag::MaxDuration), "none".to_owned(), "1day".to_owned()),
            ]
        );
    }

    #[test]
    fn what_means_the_same_does_not_differ() {
        let kept = texts(&[
            (RuleFlag::Split(SplitFlag::StartOn), &["event=login", "ad=1"]),
            (RuleFlag::Split(SplitFlag::SplitOn), &["a"]),
            (RuleFlag::GapBy, &["event:b=2h,*=30m,a=1h"]),
            (RuleFlag::Aggregate, &["sum(a)"]),
            (RuleFlag::Where, &["a=1 and b>2"]),
            (RuleFlag::Null, &["NULL", "none"]),
        ]);
        let asked = texts(&[
            (RuleFlag::Split(SplitFlag::StartOn), &["ad=1", "event=login", "ad=1"]),
            (RuleFlag::Split(SplitFlag::SplitOn), &["a", "a"]),
            (RuleFlag::GapBy, &["event:a=60m,b=120m,*=1800s"]),
            (RuleFlag::Aggregate, &["sum(a)=sum_a"]),
            (RuleFlag::Emit, &["sessions"]),
            (RuleFlag::MaxDistinct, &["1000"]),
            (RuleFlag::MaxList, &["1000"]),
            (RuleFlag::Where, &["b > 2.0", "a = '1'"]),
            (RuleFlag::Having, &["none"]),
            (RuleFlag::Null, &["none", "", "NULL", "none"]),
            (RuleFlag::KeyParts, &["any"]),
        ]);
        assert_eq!(kept.differences(&asked).collect::<Vec<_>>(), []);
        assert!(kept.meanings().eq(asked.meanings()));
    }

    #[test]
    fn the_order_of_aggregates_is_that_of_their_columns() {
        let kept = texts(&[(RuleFlag::Aggregate, &["count", "sum(a)"]), (RuleFlag::Emit, &["both"])]);
        let asked = texts(&[(RuleFlag::Aggregate, &["sum(a)", "count"]), (RuleFlag::Emit, &["none"])]);
        assert_eq!(
            kept.differences(&asked).collect::<Vec<_>>(),
            [
                (RuleFlag::Aggregate, "count sum(a)".to_owned(), "sum(a) count".to_owned()),
                (RuleFlag::Emit, "both".to_owned(), "sessions".to_owned()),
            ]
        );
    }

    #[test]
    fn none_takes_a_rule_away() {
        let kept = texts(&[
            (RuleFlag::Split(SplitFlag::MaxEvents), &["10"]),
            (RuleFlag::Split(SplitFlag::SplitOn), &["a"]),
        ]);
        let asked = texts(&[(RuleFlag::Split(SplitFlag::MaxEvents), &["none"])]);
        assert_eq!(kept.overridden_by(&asked), texts(&[(RuleFlag::Split(SplitFlag::SplitOn), &["a"])]));
    }
}
