//! Aggregates: what a session says of its events, one output column each.
//!
//! Each aggregate is a file with an accumulator in it, and a line of the table below: nothing else knows one by name.

mod any;
mod count;
mod distinct;
mod first;
mod last;
mod list;
mod max;
mod min;
mod number;
mod sum;
mod value;

pub use number::is_number;
pub use value::Value;

use number::number;

/// What stands in the parentheses behind the name of an aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// A column. Its missing values are not aggregated.
    Column,
    /// A column whose values are numbers: another value rejects its row.
    Numbers,
    /// A column whose values are UTF-8: another value rejects its row.
    Texts,
    /// A column, or nothing: then every event is aggregated.
    ColumnOrNothing,
    /// A condition: the events that fulfil it are aggregated.
    Condition,
}

impl Argument {
    /// Its place in the help: `name(COL)`.
    const fn placeholder(self) -> &'static str {
        match self {
            Self::Column | Self::Numbers | Self::Texts => "(COL)",
            Self::ColumnOrNothing => "[(COL)]",
            Self::Condition => "(COL=VALUE)",
        }
    }
}

/// How much an accumulator may keep of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Different values that `distinct` keeps apart.
    pub distinct: usize,
    /// Values that `list` keeps.
    pub list: usize,
}

/// The growing value of one aggregate over the events of one session.
trait Accumulate: Default {
    /// Takes the value of the next event in; an empty one only where the argument is no column. Costs at most one copy of
    /// the value and one addition or comparison, unless the aggregate says more.
    fn update(&mut self, value: &[u8], bounds: Bounds);

    /// The value over all events so far.
    fn value(&self) -> Value<'_>;

    /// What [`Accumulate::restore`] needs to go on, as the checkpoint keeps it: frozen, as `docs/format.md` lists it.
    fn state(&self) -> Vec<Vec<u8>>;

    /// The accumulator that had this state; `None` if none has.
    fn restore(state: Vec<Vec<u8>>) -> Option<Self>;
}

/// Makes [`Function`] and [`Accumulator`] of the table of aggregates.
macro_rules! aggregates {
    ($($name:literal $variant:ident($accumulator:ty) of $argument:ident;)*) => {
        /// An aggregate function.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each has its documentation in its file")]
        pub enum Function { $($variant,)* }

        /// The growing value of an aggregate over the events of a session.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each has its documentation in its file")]
        pub enum Accumulator { $($variant($accumulator),)* }

        impl Function {
            /// All of them, in the order of the help.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in `--agg`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What stands in its parentheses.
            pub const fn argument(self) -> Argument {
                match self { $(Self::$variant => Argument::$argument,)* }
            }

            /// The accumulator of no event.
            pub fn accumulator(self) -> Accumulator {
                match self { $(Self::$variant => Accumulator::$variant(Default::default()),)* }
            }

            /// The accumulator of this function that had `state`.
            ///
            /// # Errors
            /// In words, if there is none.
            pub fn restore(self, state: Vec<Vec<u8>>) -> Result<Accumulator, String> {
                let restored = match self {
                    $(Self::$variant => Accumulate::restore(state).map(Accumulator::$variant),)*
                };
                restored.ok_or_else(|| format!("the state of an aggregate is none of {}", self.name()))
            }
        }

        impl Accumulator {
            /// Takes the value of the next event in.
            pub fn update(&mut self, value: &[u8], bounds: Bounds) {
                match self { $(Self::$variant(accumulator) => accumulator.update(value, bounds),)* }
            }

            /// The value over all events so far.
            pub fn value(&self) -> Value<'_> {
                match self { $(Self::$variant(accumulator) => accumulator.value(),)* }
            }

            /// What [`Function::restore`] makes this accumulator of.
            pub fn state(&self) -> Vec<Vec<u8>> {
                match self { $(Self::$variant(accumulator) => accumulator.state(),)* }
            }
        }
    };
}

// The table of aggregates: name, accumulator, argument.
aggregates! {
    "first" First(first::First) of Column;
    "last" Last(last::Last) of Column;
    "count" Count(count::Count) of ColumnOrNothing;
    "count_if" CountIf(count::Count) of Condition;
    "sum" Sum(sum::Sum) of Numbers;
    "min" Min(min::Min) of Numbers;
    "max" Max(max::Max) of Numbers;
    "distinct" Distinct(distinct::Distinct) of Column;
    "list" List(list::List) of Texts;
    "any" Any(any::Any) of Condition;
}

impl Function {
    /// The function with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.name() == name)
    }

    /// All functions with their arguments, for a help text: `first(COL), last(COL), ...`.
    ///
    /// ```
    /// # use sessionize::core::aggregates::Function;
    /// assert!(Function::usage().starts_with("first(COL), last(COL), count[(COL)], count_if(COL=VALUE)"));
    /// ```
    pub fn usage() -> String {
        let usages = Self::ALL.iter().map(|function| {
            let argument = function.argument().placeholder();
            format!("{}{argument}", function.name())
        });
        usages.collect::<Vec<_>>().join(", ")
    }
}

/// A state of one number, as text.
fn number_state(number: &impl ToString) -> Vec<Vec<u8>> {
    vec![number.to_string().into_bytes()]
}

/// The only part of a state.
fn only(state: Vec<Vec<u8>>) -> Option<Vec<u8>> {
    let [part] = <[Vec<u8>; 1]>::try_from(state).ok()?;
    Some(part)
}

/// The only part of a state, or none.
///
/// # Errors
/// A state of more parts.
fn at_most_one(mut state: Vec<Vec<u8>>) -> Result<Option<Vec<u8>>, ()> {
    let part = state.pop();
    if state.is_empty() { Ok(part) } else { Err(()) }
}

/// The state of a list of values, of which there may have been more: `+` or nothing before them.
fn bounded_state<'v>(values: impl Iterator<Item = &'v Vec<u8>>, more: bool) -> Vec<Vec<u8>> {
    let mark = if more { b"+".to_vec() } else { Vec::new() };
    std::iter::once(mark).chain(values.cloned()).collect()
}

/// Whether there were more values, and the values.
fn bounded_parts(state: Vec<Vec<u8>>) -> Option<(bool, impl Iterator<Item = Vec<u8>>)> {
    let mut parts = state.into_iter();
    let more = match &parts.next()?[..] {
        b"" => false,
        b"+" => true,
        _ => return None,
    };
    Some((more, parts))
}

#[cfg(test)]
mod tests;
