//! The flags of `run` that are part of the definition, besides keys, times and the gap.

use super::aggregate::AggregateText;
use super::condition::{AND, ConditionText};
use super::event_duration::DURATION;
use super::gap_by::GapByText;
use super::hash_key::HASH_KEY;
use super::having::HAVING;
use super::order_by::ORDER_BY;
use super::selection_flags::{ANY_PART, KEY_PARTS, NULL, WHERE};
use super::spec::{FlagSpec, column, one_of, positive, stated_duration};
use super::splits::SplitFlag;

/// A flag of `run` that is part of the definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleFlag {
    /// `--agg`: an output column.
    Aggregate,
    /// A split rule.
    Split(SplitFlag),
    /// `--gap-by`: gaps by the value of a column.
    GapBy,
    /// `--gap-column`: a column with the gap of each event.
    GapColumn,
    /// `--duration`: a column with the duration of each event.
    Duration,
    /// `--order-by`: the order of events at one instant.
    OrderBy,
    /// `--dedup`: what makes two events the same.
    Dedup,
    /// `--emit`: sessions, events or both.
    Emit,
    /// `--allowed-lateness`: how long completed sessions are correctable.
    AllowedLateness,
    /// `--max-distinct`: the limit of `distinct` and `median`.
    MaxDistinct,
    /// `--max-list`: the limit of `list`.
    MaxList,
    /// `--where`: the row filter.
    Where,
    /// `--having`: the session filter.
    Having,
    /// `--null`: values that count as missing.
    Null,
    /// `--key-parts`: whether a composite key may lack a part.
    KeyParts,
    /// `--hash-key`: the fingerprint of the secret under which keys are hashed.
    HashKey,
}

/// The default limit of `distinct` and `list`.
pub(super) const DEFAULT_BOUND: usize = 1_000;
pub(super) const DEFAULT_BOUND_TEXT: &str = "1000";

/// The value that removes a rule, with `--redefine`.
pub const NO_RULE: &str = "none";

impl RuleFlag {
    /// All flags, in the order in which differences are listed.
    pub fn all() -> impl Iterator<Item = Self> {
        let splits = SplitFlag::ALL.iter().copied().map(Self::Split);
        let others = [
            Self::GapBy,
            Self::GapColumn,
            Self::Duration,
            Self::OrderBy,
            Self::Dedup,
            Self::Emit,
            Self::AllowedLateness,
            Self::MaxDistinct,
            Self::MaxList,
            Self::Where,
            Self::Having,
            Self::Null,
            Self::KeyParts,
            Self::HashKey,
        ];
        std::iter::once(Self::Aggregate).chain(splits).chain(others)
    }

    /// The name, the help text and the values of the flag.
    pub const fn spec(self) -> FlagSpec {
        match self {
            Self::Aggregate => FlagSpec {
                name: "agg",
                value: "FUNC(COL)[=NAME]",
                help: "Output column computed from the events of a session, such as `first(path)=landing_page`; may be repeated",
                repeats: true,
                canonical: |value| AggregateText::read(value).map(|aggregate| aggregate.to_string()),
            },
            Self::Split(flag) => flag.spec(),
            Self::GapBy => FlagSpec {
                name: "gap-by",
                value: "COL:VALUE=DUR,...",
                help: "Gap by the value of a column, such as event:purchase=2h,*=30m: each event covers its own gap",
                canonical: |value| GapByText::read(value).map(|gaps| gaps.to_string()),
                ..ONCE
            },
            Self::GapColumn => FlagSpec {
                name: "gap-column",
                value: "COL",
                help: "Column with the gap of each event, such as 30m or whole seconds",
                canonical: column,
                ..ONCE
            },
            Self::Duration => DURATION,
            Self::OrderBy => ORDER_BY,
            Self::Dedup => FlagSpec {
                name: "dedup",
                value: "COL|row",
                help: "Drop repeated events: events of a key with the same value in this column, or, with `row`, with the same whole row",
                canonical: column,
                ..ONCE
            },
            Self::Emit => FlagSpec {
                name: "emit",
                value: "sessions|events|both",
                help: "Write a row for each completed session, a row for each of its events, or both [default: sessions]",
                canonical: |value| one_of(value, &["sessions", "events", "both"]),
                ..ONCE
            },
            Self::AllowedLateness => FlagSpec {
                name: "allowed-lateness",
                value: "DUR",
                help: "How long late events still correct completed sessions; the outputs get a column `op` (insert, retract)",
                canonical: stated_duration,
                ..ONCE
            },
            Self::MaxDistinct => FlagSpec {
                name: "max-distinct",
                value: "N",
                help: "Different values up to which distinct and median are exact; beyond it, distinct is marked with a +, and median is empty [default: 1000]",
                canonical: positive,
                ..ONCE
            },
            Self::MaxList => FlagSpec {
                name: "max-list",
                value: "N",
                help: "Values that list keeps; a null at its end shows that there were more [default: 1000]",
                canonical: positive,
                ..ONCE
            },
            Self::Where => WHERE,
            Self::Having => HAVING,
            Self::Null => NULL,
            Self::KeyParts => KEY_PARTS,
            Self::HashKey => HASH_KEY,
        }
    }

    /// The flag without its dashes.
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// The flag with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|flag| flag.name() == name)
    }

    /// The split rule that ends sessions for this reason; `None` if none does.
    pub fn of_close_reason(reason: &str) -> Option<Self> {
        SplitFlag::ALL.iter().find(|flag| flag.close_reason() == reason).copied().map(Self::Split)
    }

    /// The canonical form of a value: values with one meaning have one form.
    ///
    /// # Errors
    /// What is wrong with the value.
    pub fn canonical(self, value: &str) -> Result<String, String> {
        if value == self.no_rule() { Ok(value.to_owned()) } else { (self.spec().canonical)(value) }
    }

    /// The value that removes the rule. A null may be any text except the empty one, which is a missing value anyway.
    pub(super) const fn no_rule(self) -> &'static str {
        match self {
            Self::Null => "",
            _ => NO_RULE,
        }
    }

    /// The values if the flag is not given.
    const fn default_value(self) -> &'static str {
        match self {
            Self::Emit => "sessions",
            Self::MaxDistinct | Self::MaxList => DEFAULT_BOUND_TEXT,
            Self::KeyParts => ANY_PART,
            _ => self.no_rule(),
        }
    }

    /// The values in canonical form. Those of a split rule or of `--null` are a set: their order has no effect. Those of
    /// aggregates are in the order of their columns. Conditions that must all hold are joined to one condition.
    pub(super) fn meaning<'t>(self, values: impl Iterator<Item = &'t str>) -> Vec<String> {
        let mut values: Vec<String> = values.map(str::to_owned).collect();
        if values.is_empty() {
            values.push(self.default_value().to_owned());
        }
        if matches!(self, Self::Split(_) | Self::Null) {
            values.sort_unstable();
            values.dedup();
        }
        if self.is_conjunction()
            && let Ok(condition) = ConditionText::read(&values.join(AND))
        {
            values = vec![condition.to_string()];
        }
        values
    }

    /// Whether the values are conditions that must all hold.
    const fn is_conjunction(self) -> bool {
        matches!(self, Self::Where | Self::Having)
    }

    pub(super) fn words<'t>(self, values: impl Iterator<Item = &'t str>) -> String {
        let values: Vec<&str> = values.collect();
        let between = if self.is_conjunction() { AND } else { " " };
        if values.is_empty() { self.default_value().to_owned() } else { values.join(between) }
    }
}

/// A flag that is given at most once.
const ONCE: FlagSpec = FlagSpec { name: "", value: "", help: "", repeats: false, canonical: column };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_its_flag() {
        for flag in RuleFlag::all() {
            assert_eq!(RuleFlag::named(flag.name()), Some(flag));
        }
    }

    #[test]
    fn values_of_one_meaning_have_one_form() {
        let canonical = |value| RuleFlag::named("max-duration").unwrap().canonical(value);
        assert!(canonical("1d").is_ok());
        assert_eq!(canonical("24h"), canonical("1d"));
    }

    #[test]
    fn values_that_make_no_sense_are_refused() {
        for (flag, value) in [
            ("agg", "sum"),
            ("max-duration", "0s"),
            ("max-duration", "long"),
            ("max-duration", "1500ns"),
            ("allowed-lateness", "300000years"),
            ("max-duration", "2months"),
            ("allowed-lateness", "1y"),
            ("gap-by", "event:a=30M"),
            ("gap-by", "event:a=1ns"),
            ("gap-by", "event:a=300000years"),
            ("max-events", "many"),
            ("max-events", "0"),
            ("split-at", "noon"),
            ("emit", "rows"),
            ("start-on", "login"),
            ("where", "login"),
            ("where", "a=1 or b=2"),
            ("having", "event_count"),
            ("key-parts", "some"),
            ("hash-key", "a secret"),
            ("hash-key", "hmac-sha256:0123456789ABCDEF"),
            ("gap-by", "event"),
            ("duration", ""),
            ("order-by", "a,"),
            ("split-on", ""),
        ] {
            assert!(RuleFlag::named(flag).unwrap().canonical(value).is_err(), "{flag} {value}");
        }
    }

    #[test]
    fn the_default_bound_has_one_value() {
        assert_eq!(DEFAULT_BOUND_TEXT.parse(), Ok(DEFAULT_BOUND));
    }

    #[test]
    fn a_close_reason_belongs_to_the_split_rule_that_gives_it() {
        for flag in SplitFlag::ALL {
            assert_eq!(RuleFlag::of_close_reason(flag.close_reason()), Some(RuleFlag::Split(*flag)));
        }
        assert_eq!(RuleFlag::of_close_reason("gap"), None);
    }

    #[test]
    fn values_of_a_flag_that_are_none_are_refused() {
        for (flag, good, bad) in [
            ("agg", "first(path)", "first"),
            ("gap-by", "event:buy=2h", "event"),
            ("duration", "took", ""),
            ("dedup", "event", ""),
            ("emit", "both", "all"),
            ("allowed-lateness", "2h", "soon"),
            ("max-distinct", "7", "0"),
            ("max-list", "7", "x"),
            ("hash-key", "hmac-sha256:0123456789abcdef", "hmac-sha256:0123456789abcdeg"),
            ("hash-key", "hmac-sha256:fedcba9876543210", "hmac-sha256:fedcba987654321"),
            ("hash-key", "hmac-sha256:fedcba9876543210", "sha256:fedcba9876543210"),
        ] {
            let canonical = |value| RuleFlag::named(flag).unwrap().canonical(value);
            assert!(canonical(good).is_ok(), "{flag} {good}");
            assert!(canonical(bad).is_err(), "{flag} {bad}");
        }
    }

    #[test]
    fn every_flag_has_a_name_for_its_value_and_help() {
        for flag in RuleFlag::all() {
            let FlagSpec { value, help, .. } = flag.spec();
            assert!(!value.is_empty() && !help.is_empty(), "{}", flag.name());
        }
    }
}
