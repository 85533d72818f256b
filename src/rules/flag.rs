//! The rules as they are asked for and as the checkpoint keeps them: words, flag by flag.

use super::aggregate::AggregateText;
use super::condition::ConditionText;
use super::gap_by::{GapByText, short};
use super::set::RuleSet;
use crate::gap::Gap;
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
    /// `--retain`: how long completed sessions stay correctable.
    Retain,
    /// `--max-distinct`: the bound of `distinct`.
    MaxDistinct,
    /// `--max-list`: the bound of `list`.
    MaxList,
}

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
        Self::Retain,
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
            Self::Retain => "retain",
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
    /// # use sessionize::rules::RuleFlag;
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
            Self::MaxDuration | Self::Retain => duration_text(value),
            Self::MaxEvents | Self::MaxDistinct | Self::MaxList => positive(value),
            Self::SplitAt => one_of(value, &["midnight"]),
            Self::Emit => one_of(value, &["sessions", "events", "both"]),
            Self::SplitOn | Self::GapColumn | Self::Dedup => column(value),
        }
    }
}

fn duration_text(value: &str) -> Result<String, String> {
    match humantime::parse_duration(value) {
        Ok(duration) if duration.is_zero() => Err("it must be longer than nothing".to_owned()),
        Ok(duration) if i64::try_from(duration.as_micros()).is_err() => Err("it is too long".to_owned()),
        Ok(duration) => Ok(short(duration)),
        Err(error) => Err(format!("{error}; durations read like 90s, 5m, 1h30m, 7d")),
    }
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
        let set = RuleSet::compile(self, Gap::from_us(0), chrono_tz::UTC);
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
            let (kept, wanted) = (words(self.values(flag)), words(asked.values(flag)));
            (kept != wanted).then_some((flag, kept, wanted))
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

fn words<'t>(values: impl Iterator<Item = &'t str>) -> String {
    let all: Vec<&str> = values.collect();
    if all.is_empty() { NO_RULE.to_owned() } else { all.join(" ") }
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
    fn none_takes_a_rule_away() {
        let kept = texts(&[(RuleFlag::MaxEvents, &["10"]), (RuleFlag::SplitOn, &["a"])]);
        let asked = texts(&[(RuleFlag::MaxEvents, &["none"])]);
        assert_eq!(kept.overridden_by(&asked), texts(&[(RuleFlag::SplitOn, &["a"])]));
    }
}
