//! Aggregates: what a session tells of its events, one output column each.

use super::condition::{Condition, ConditionText};
use super::projected::{ProjectedColumn, ProjectedColumns};
use std::fmt;

/// The functions, by name, with what stands in their parentheses.
const FUNCTIONS: &str = "first(COL), last(COL), count, count(COL), count_if(COL=VALUE), sum(COL), min(COL), max(COL), \
                         distinct(COL), list(COL), any(COL=VALUE)";

/// A function of the values of one column. An empty value is a missing one: no function but `count` sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// The first value.
    First,
    /// The last value.
    Last,
    /// How many values.
    Count,
    /// How many events fulfil a condition.
    CountIf,
    /// The exact sum of numbers.
    Sum,
    /// The smallest number.
    Min,
    /// The largest number.
    Max,
    /// How many different values, up to a bound.
    Distinct,
    /// All values in order, up to a bound.
    List,
    /// Whether any event fulfils a condition.
    Any,
}

/// An aggregate as it is asked for: `function(argument)=name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AggregateText {
    function: Function,
    argument: String,
    name: Option<String>,
}

impl AggregateText {
    /// Reads `function(argument)` with an optional `=name` behind it.
    ///
    /// ```
    /// # use sessionize::core::rules::AggregateText;
    /// let aggregate = AggregateText::read("any(event=purchase)=converted").unwrap();
    /// assert_eq!(aggregate.name(), "converted");
    /// assert_eq!(AggregateText::read("first(path)").unwrap().name(), "first_path");
    /// assert_eq!(AggregateText::read("count_if(event=log in)").unwrap().name(), "count_if_event_log_in");
    /// ```
    ///
    /// # Errors
    /// What is wrong with it, and what there is.
    pub fn read(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("'{text}' is no aggregate: write function(column)=name; there are {FUNCTIONS}");
        let (function, argument, name) = parts(text).ok_or_else(wrong)?;
        let name = match name.strip_prefix('=') {
            Some(name) if !name.is_empty() => Some(name.to_owned()),
            None if name.is_empty() => None,
            _ => return Err(wrong()),
        };
        let function = function_named(function).ok_or_else(wrong)?;
        let is_condition = matches!(function, Function::CountIf | Function::Any);
        if argument.is_empty() && function != Function::Count {
            return Err(wrong());
        }
        if is_condition {
            ConditionText::read(argument)?;
        }
        let aggregate = Self { function, argument: argument.to_owned(), name: None };
        // Who gives the name that it has anyway asks for the same.
        Ok(Self { name: name.filter(|name| *name != aggregate.name()), ..aggregate })
    }

    /// The name of the output column: as given, else made of function and argument.
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| {
            let text = format!("{}_{}", self.function.name(), self.argument);
            let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            words.collect::<Vec<_>>().join("_")
        })
    }

    pub(super) fn compile(&self, kept: &mut ProjectedColumns) -> Aggregate {
        let column = || ProjectedColumn::column(&self.argument);
        let of = match self.function {
            Function::Count if self.argument.is_empty() => Of::Events,
            Function::CountIf | Function::Any => match ConditionText::read(&self.argument) {
                Ok(condition) => Of::Matching(condition.compile(kept)),
                Err(_) => Of::Events,
            },
            Function::Sum | Function::Min | Function::Max => {
                Of::Column(kept.demand(column(), |demand| demand.number = true))
            }
            // A list is JSON, which holds no other bytes.
            Function::List => Of::Column(kept.demand(column(), |demand| demand.text = true)),
            _ => Of::Column(kept.place_of(column())),
        };
        Aggregate { function: self.function, of }
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

impl Function {
    const ALL: [Self; 10] = [
        Self::First,
        Self::Last,
        Self::Count,
        Self::CountIf,
        Self::Sum,
        Self::Min,
        Self::Max,
        Self::Distinct,
        Self::List,
        Self::Any,
    ];

    /// The name in `--agg`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
            Self::Count => "count",
            Self::CountIf => "count_if",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Distinct => "distinct",
            Self::List => "list",
            Self::Any => "any",
        }
    }
}

/// Function, argument, and what stands behind them.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    if let Some((function, rest)) = text.split_once('(') {
        rest.rsplit_once(')').map(|(argument, name)| (function, argument, name))
    } else {
        let end = text.find('=').unwrap_or(text.len());
        Some((&text[..end], "", &text[end..]))
    }
}

fn function_named(name: &str) -> Option<Function> {
    Function::ALL.into_iter().find(|function| function.name() == name)
}

/// An aggregate, ready for use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Aggregate {
    pub(super) function: Function,
    pub(super) of: Of,
}

/// What an aggregate looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Of {
    Events,
    Column(usize),
    Matching(Condition),
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_name_that_it_has_anyway_is_none() {
        let read = |text| AggregateText::read(text).map(|aggregate| aggregate.to_string());
        assert_eq!(read("first(a b)=first_a_b"), read("first(a b)"));
        assert_eq!(read("count=count"), Ok("count".to_owned()));
    }

    #[test]
    fn what_is_no_aggregate_is_told_with_those_that_there_are() {
        for text in ["", "median(a)", "first", "first()", "first(a)b", "first(a)=", "sum a", "count("] {
            let told = AggregateText::read(text).unwrap_err();
            assert!(told.contains("distinct(COL)"), "{text}: {told}");
        }
        assert!(AggregateText::read("any(purchase)").unwrap_err().contains("column=value"));
    }
}
