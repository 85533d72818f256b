//! The rules as they are asked for and as the checkpoint keeps them: words, flag by flag.

use super::aggregate::AggregateText;
use super::condition::ConditionText;
use super::duration::duration;
use super::gap_by::{GapByText, short};
use super::set::RuleSet;
use crate::core::gap::Gap;
use std::collections::BTreeMap;

/// A flag of `run` that is part of the definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleFlag {
    /// `--agg`: an output column.
    Aggregate,
    /// `--max-duration`: the longest session.
    MaxDuration,
    /// `--max-events`: the largest session.
    MaxEvents,
    /// `--split-on`: a column whose changed value begins a session.
    SplitOn,
    /// `--split-at midnight`.
    SplitAt,
    /// `--start-on`: an event that begins a session.
    StartOn,
    /// `--end-on`: an event that ends its session.
    EndOn,
    /// `--gap-by`: gaps by the value of a column.
    GapBy,
    /// `--gap-column`: a column with the gap of each event.
    GapColumn,
    /// `--dedup`: what makes two events the same.
    Dedup,
    /// `--emit`: sessions, events or both.
    Emit,
    /// `--allowed-lateness`: how long completed sessions stay correctable.
    AllowedLateness,
    /// `--max-distinct`: the bound of `distinct`.
    MaxDistinct,
    /// `--max-list`: the bound of `list`.
    MaxList,
}

/// The bound of `distinct` and `list` where none is given.
pub(super) const DEFAULT_BOUND: usize = 1_000;
const DEFAULT_BOUND_TEXT: &str = "1000";

/// The value that takes a rule away again, with `--redefine`.
pub const NO_RULE: &str = "none";

impl RuleFlag {
    /// All of them, in the order in which differences are listed.
    pub const ALL: [Self; 14] = [
        Self::Aggregate,
        Self::MaxDuration,
        Self::MaxEvents,
        Self::SplitOn,
        Self::SplitAt,
        Self::StartOn,
        Self::EndOn,
        Self::GapBy,
        Self::GapColumn,
        Self::Dedup,
        Self::Emit,
        Self::AllowedLateness,
        Self::MaxDistinct,
        Self::MaxList,
    ];

    /// The flag without its dashes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aggregate => "agg",
            Self::MaxDuration => "max-duration",
            Self::MaxEvents => "max-events",
            Self::SplitOn => "split-on",
            Self::SplitAt => "split-at",
            Self::StartOn => "start-on",
            Self::EndOn => "end-on",
            Self::GapBy => "gap-by",
            Self::GapColumn => "gap-column",
            Self::Dedup => "dedup",
            Self::Emit => "emit",
            Self::AllowedLateness => "allowed-lateness",
            Self::MaxDistinct => "max-distinct",
            Self::MaxList => "max-list",
        }
    }

    /// The flag with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.name() == name)
    }

    /// The one form in which a value is kept: two values with one meaning become the same words.
    ///
    /// ```
    /// # use sessionize::core::rules::RuleFlag;
    /// assert_eq!(RuleFlag::MaxDuration.canonical("24h"), RuleFlag::MaxDuration.canonical("1d"));
    /// assert!(RuleFlag::MaxEvents.canonical("0").is_err());
    /// ```
    ///
    /// # Errors
    /// What is wrong with the value, in words.
    pub fn canonical(self, value: &str) -> Result<String, String> {
        if value == NO_RULE {
            return Ok(NO_RULE.to_owned());
        }
        match self {
            Self::Aggregate => AggregateText::read(value).map(|aggregate| aggregate.to_string()),
            Self::StartOn | Self::EndOn => ConditionText::read(value).map(|condition| condition.to_string()),
            Self::GapBy => GapByText::read(value).map(|gaps| gaps.to_string()),
            Self::MaxDuration | Self::AllowedLateness => stated_duration(value),
            Self::MaxEvents | Self::MaxDistinct | Self::MaxList => positive(value),
            Self::SplitAt => one_of(value, &["midnight"]),
            Self::Emit => one_of(value, &["sessions", "events", "both"]),
            Self::SplitOn | Self::GapColumn | Self::Dedup => column(value),
        }
    }
}

impl RuleFlag {
    /// Whether its values are a set: each of them does what it does, wherever it stands. The aggregates are in the order of
    /// their columns.
    const fn is_set(self) -> bool {
        matches!(self, Self::SplitOn | Self::StartOn | Self::EndOn)
    }

    /// What holds where nothing is said.
    const fn default_value(self) -> &'static str {
        match self {
            Self::Emit => "sessions",
            Self::MaxDistinct | Self::MaxList => DEFAULT_BOUND_TEXT,
            _ => NO_RULE,
        }
    }

    /// The values in one form for all that mean the same.
    fn meaning<'t>(self, values: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
        let mut values: Vec<&str> = values.collect();
        if values.is_empty() {
            values.push(self.default_value());
        }
        if self.is_set() {
            values.sort_unstable();
            values.dedup();
        }
        values
    }

    fn words<'t>(self, values: impl Iterator<Item = &'t str>) -> String {
        let values: Vec<&str> = values.collect();
        if values.is_empty() { self.default_value().to_owned() } else { values.join(" ") }
    }
}

fn stated_duration(value: &str) -> Result<String, String> {
    let duration = duration(value)?;
    if duration.is_zero() { Err("it must be longer than nothing".to_owned()) } else { Ok(short(duration)) }
}

fn positive(value: &str) -> Result<String, String> {
    match value.parse::<u64>() {
        Ok(number) if number > 0 => Ok(number.to_string()),
        _ => Err(format!("'{value}' is no number from 1 on")),
    }
}

fn one_of(value: &str, words: &[&str]) -> Result<String, String> {
    if words.contains(&value) {
        Ok(value.to_owned())
    } else {
        Err(format!("'{value}' is none of: {}", words.join(", ")))
    }
}

fn column(value: &str) -> Result<String, String> {
    if value.is_empty() { Err("a column has a name or a number".to_owned()) } else { Ok(value.to_owned()) }
}

/// Canonical values by flag. A flag that is not there was not given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleTexts(BTreeMap<RuleFlag, Vec<String>>);

impl RuleTexts {
    /// Adds the values of a flag, canonical ones, in the order given. No values mean that the flag was not given.
    pub fn set(&mut self, flag: RuleFlag, values: Vec<String>) {
        if !values.is_empty() {
            self.0.insert(flag, values);
        }
    }

    /// The values of a flag; none where it was not given or was taken away.
    pub fn values(&self, flag: RuleFlag) -> impl Iterator<Item = &str> {
        self.0.get(&flag).into_iter().flatten().map(String::as_str).filter(|value| *value != NO_RULE)
    }

    /// The value of a flag that has one.
    pub fn value(&self, flag: RuleFlag) -> Option<&str> {
        self.values(flag).next()
    }

    /// The columns that these rules look at, in the order in which [`RuleSet`] keeps them.
    pub fn columns(&self) -> Vec<String> {
        // Only the values of times and gaps depend on gap and zone, not what is kept.
        let set = RuleSet::compile(self, Gap::from_us(0), Some(chrono_tz::UTC));
        set.map_or_else(|_| Vec::new(), |set| set.kept().columns().map(str::to_owned).collect())
    }

    /// Flags that were given, with their values in words.
    pub fn iter(&self) -> impl Iterator<Item = (RuleFlag, &[String])> {
        self.0.iter().map(|(flag, values)| (*flag, values.as_slice()))
    }

    /// The flags of `asked` whose values are not those of `self`: flag, kept values, asked values.
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

    /// These rules with those of `asked` in their place, flag by flag; a flag that was taken away is gone.
    #[must_use]
    pub fn overridden_by(&self, asked: &Self) -> Self {
        let mut all = self.clone();
        all.0.extend(asked.0.clone());
        all.0.retain(|_, values| values.iter().any(|value| value != NO_RULE));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(flags: &[(RuleFlag, &[&str])]) -> RuleTexts {
        let mut texts = RuleTexts::default();
        for (flag, values) in flags {
            texts.set(*flag, values.iter().map(|value| flag.canonical(value).unwrap()).collect());
        }
        texts
    }

    #[test]
    fn every_name_finds_its_flag() {
        for flag in RuleFlag::ALL {
            assert_eq!(RuleFlag::named(flag.name()), Some(flag));
        }
    }

    #[test]
    fn values_that_make_no_sense_are_refused() {
        for (flag, value) in [
            (RuleFlag::Aggregate, "sum"),
            (RuleFlag::MaxDuration, "0s"),
            (RuleFlag::MaxDuration, "long"),
            (RuleFlag::MaxDuration, "1500ns"),
            (RuleFlag::AllowedLateness, "300000years"),
            (RuleFlag::MaxDuration, "2months"),
            (RuleFlag::AllowedLateness, "1y"),
            (RuleFlag::GapBy, "event:a=30M"),
            (RuleFlag::GapBy, "event:a=1ns"),
            (RuleFlag::GapBy, "event:a=300000years"),
            (RuleFlag::MaxEvents, "many"),
            (RuleFlag::SplitAt, "noon"),
            (RuleFlag::Emit, "rows"),
            (RuleFlag::StartOn, "login"),
            (RuleFlag::GapBy, "event"),
            (RuleFlag::SplitOn, ""),
        ] {
            assert!(flag.canonical(value).is_err(), "{} {value}", flag.name());
        }
    }

    #[test]
    fn only_flags_that_are_given_can_differ() {
        let kept = texts(&[(RuleFlag::MaxEvents, &["10"]), (RuleFlag::Aggregate, &["count", "sum(a)"])]);
        let asked = texts(&[
            (RuleFlag::MaxEvents, &["10"]),
            (RuleFlag::Aggregate, &["count"]),
            (RuleFlag::SplitOn, &["none"]),
            (RuleFlag::MaxDuration, &["1d"]),
        ]);
        let found: Vec<_> = kept.differences(&asked).collect();
        assert_eq!(
            found,
            [
                (RuleFlag::Aggregate, "count sum(a)".to_owned(), "count".to_owned()),
                (RuleFlag::MaxDuration, "none".to_owned(), "1day".to_owned()),
            ]
        );
    }

    #[test]
    fn what_means_the_same_does_not_differ() {
        let kept = texts(&[
            (RuleFlag::StartOn, &["event=login", "ad=1"]),
            (RuleFlag::SplitOn, &["a"]),
            (RuleFlag::GapBy, &["event:b=2h,*=30m,a=1h"]),
            (RuleFlag::Aggregate, &["sum(a)"]),
        ]);
        let asked = texts(&[
            (RuleFlag::StartOn, &["ad=1", "event=login", "ad=1"]),
            (RuleFlag::SplitOn, &["a", "a"]),
            (RuleFlag::GapBy, &["event:a=60m,b=120m,*=1800s"]),
            (RuleFlag::Aggregate, &["sum(a)=sum_a"]),
            (RuleFlag::Emit, &["sessions"]),
            (RuleFlag::MaxDistinct, &["1000"]),
            (RuleFlag::MaxList, &["1000"]),
        ]);
        assert_eq!(kept.differences(&asked).collect::<Vec<_>>(), []);
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
    fn the_default_bound_has_one_value() {
        assert_eq!(DEFAULT_BOUND_TEXT.parse(), Ok(DEFAULT_BOUND));
    }

    #[test]
    fn none_takes_a_rule_away() {
        let kept = texts(&[(RuleFlag::MaxEvents, &["10"]), (RuleFlag::SplitOn, &["a"])]);
        let asked = texts(&[(RuleFlag::MaxEvents, &["none"])]);
        assert_eq!(kept.overridden_by(&asked), texts(&[(RuleFlag::SplitOn, &["a"])]));
    }
}
