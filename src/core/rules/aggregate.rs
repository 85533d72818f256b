//! Aggregates as text, and the part of an event that they use.

use super::condition::{Condition, ConditionText};
use super::projected::{ProjectedColumn, ProjectedColumns};
use crate::core::aggregates::{Accumulator, Argument, Bounds, Function};
use crate::core::event::Values;
use std::fmt;

/// An aggregate as text: `function(argument)=name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AggregateText {
    function: Function,
    argument: String,
    name: Option<String>,
}

impl AggregateText {
    /// Parses `function(argument)`, optionally followed by `=name`.
    ///
    /// # Errors
    /// What is wrong with the text, and which functions there are.
    pub fn read(text: &str) -> Result<Self, String> {
        let wrong = || {
            let usage = Function::usage();
            format!("'{text}' is not an aggregate: write function(column)=name; there are {usage}")
        };
        let (function, argument, name) = parts(text).ok_or_else(wrong)?;
        let name = match name.strip_prefix('=') {
            Some(name) if !name.is_empty() => Some(name.to_owned()),
            None if name.is_empty() => None,
            _ => return Err(wrong()),
        };
        let function = Function::named(function).ok_or_else(wrong)?;
        if argument.is_empty() && function.argument() != Argument::ColumnOrNothing {
            return Err(wrong());
        }
        let argument = match function.argument() {
            Argument::Condition => ConditionText::read(argument)?.to_string(),
            _ => argument.to_owned(),
        };
        let aggregate = Self { function, argument, name: None };
        // A name that equals the default is the same as no name.
        Ok(Self { name: name.filter(|name| *name != aggregate.name()), ..aggregate })
    }

    /// The name of the output column: the given name, or one made of function and argument.
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| {
            let text = format!("{}_{}", self.function.name(), self.argument);
            let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            words.collect::<Vec<_>>().join("_")
        })
    }

    /// Compiles the aggregate.
    ///
    /// # Errors
    /// What is wrong with its condition.
    pub(super) fn compile(&self, kept: &mut ProjectedColumns) -> Result<Aggregate, String> {
        let column = || ProjectedColumn::column(&self.argument);
        let of = match self.function.argument() {
            Argument::ColumnOrNothing if self.argument.is_empty() => Of::Events,
            Argument::Column | Argument::ColumnOrNothing => Of::Column(kept.place_of(column())),
            Argument::Numbers => Of::Column(kept.demand(column(), |demand| demand.number = true)),
            // A list is written as JSON, which contains only UTF-8.
            Argument::Texts => Of::Column(kept.demand(column(), |demand| demand.text = true)),
            Argument::Condition => Of::Matching(ConditionText::read(&self.argument)?.compile(kept)?),
        };
        Ok(Aggregate { function: self.function, of })
    }
}

impl fmt::Display for AggregateText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.function.name())?;
        if !self.argument.is_empty() {
            write!(f, "({})", self.argument)?;
        }
        self.name.as_ref().map_or(Ok(()), |name| write!(f, "={name}"))
    }
}

/// The function, the argument, and the rest.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    if let Some((function, rest)) = text.split_once('(') {
        rest.rsplit_once(')').map(|(argument, name)| (function, argument, name))
    } else {
        let end = text.find('=').unwrap_or(text.len());
        Some((&text[..end], "", &text[end..]))
    }
}

/// A compiled aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Aggregate {
    pub(super) function: Function,
    of: Of,
}

impl Aggregate {
    /// Adds the next event to its accumulator.
    #[inline]
    pub(super) fn update(&self, accumulator: &mut Accumulator, values: Values<'_>, bounds: Bounds) {
        match &self.of {
            Of::Events => accumulator.update(b"", bounds),
            Of::Matching(condition) if condition.holds(values) => accumulator.update(b"", bounds),
            Of::Matching(_) => {}
            // An empty value is a missing one.
            Of::Column(place) => match values.get(*place) {
                [] => {}
                value => accumulator.update(value, bounds),
            },
        }
    }
}

/// The part of an event that an aggregate uses.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Of {
    Events,
    Column(usize),
    Matching(Condition),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::aggregates::Value;
    use crate::core::event::push_value;

    #[test]
    fn every_function_reads_back_as_it_was_written() {
        for text in [
            "first(path)=landing_page",
            "last(4)",
            "count",
            "count=hits",
            "count(path)=pages",
            "count_if(event=a=b)=x",
            "sum(amount)",
            "min(a)",
            "max(a)",
            "distinct(a (b))=kinds",
            "list(path)",
            "any(event=purchase)=converted",
        ] {
            assert_eq!(AggregateText::read(text).map(|aggregate| aggregate.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_an_aggregate_looks_at_is_its_column_its_condition_or_every_event() {
        let aggregated = |text: &str, events: &[&str]| {
            let aggregate =
                AggregateText::read(text).unwrap().compile(&mut ProjectedColumns::default()).unwrap();
            let mut accumulator = aggregate.function.accumulator();
            for value in events {
                let mut payload = Vec::new();
                assert!(push_value(&mut payload, value.as_bytes()));
                let bounds = Bounds { distinct: 2, list: 2 };
                aggregate.update(&mut accumulator, Values::of(&payload), bounds);
            }
            accumulator
        };
        let count = |text, events| match aggregated(text, events).value() {
            Value::Int(count) => count,
            other => panic!("{other:?}"),
        };
        let events = &["", "10", "9.5", "", "10"][..];
        for (text, expected) in [
            ("count", 5),
            ("count(a)", 3),
            ("count_if(a=10)", 2),
            ("count_if(a=)", 2),
            ("count_if(a>9 and a<=10)", 3),
        ] {
            assert_eq!(count(text, events), expected, "{text}");
        }
        for text in
            ["first(a)", "last(a)", "count(a)", "sum(a)", "min(a)", "max(a)", "distinct(a)", "list(a)"]
        {
            assert_eq!(
                aggregated(text, &["", ""]),
                aggregated(text, &[]),
                "{text}: an empty value is a missing one"
            );
        }
    }

    #[test]
    fn a_column_is_named_after_function_and_argument() {
        for (text, name) in [
            ("any(event=purchase)=converted", "converted"),
            ("first(path)", "first_path"),
            ("count_if(event=log in)", "count_if_event_log_in"),
        ] {
            assert_eq!(AggregateText::read(text).map(|aggregate| aggregate.name()), Ok(name.to_owned()));
        }
    }

    #[test]
    fn a_name_that_it_has_anyway_is_none() {
        let read = |text| AggregateText::read(text).map(|aggregate| aggregate.to_string());
        assert_eq!(read("first(a b)=first_a_b"), read("first(a b)"));
        assert_eq!(read("count=count"), Ok("count".to_owned()));
        assert_eq!(read("any(b<2.0 and a=')')=x"), Ok("any(a=) and b<2)=x".to_owned()));
    }

    #[test]
    fn what_is_no_aggregate_is_told_with_those_that_there_are() {
        for text in ["", "mean(a)", "first", "first()", "first(a)b", "first(a)=", "sum a", "count("] {
            let refusal = AggregateText::read(text).unwrap_err();
            assert!(refusal.contains("distinct(COL)"), "{text}: {refusal}");
        }
        assert!(AggregateText::read("any(purchase)").unwrap_err().contains("column=value"));
    }
}
