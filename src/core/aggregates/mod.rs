//! Aggregates: output columns that are computed from the events of a session.
//!
//! Each aggregate is one file with an accumulator, and one line of the table below. Nothing else names an aggregate.

mod accumulate;
mod any;
mod argument;
mod count;
mod distinct;
mod first;
mod kind;
mod last;
mod list;
mod max;
mod median;
mod min;
mod number;
mod sum;
mod value;

pub use accumulate::Bounds;
pub use argument::Argument;
pub use kind::Kind;
pub use number::is_number;
pub use value::Value;

use accumulate::Accumulate;

/// Generates [`Function`] and [`Accumulator`] from the table of aggregates.
macro_rules! aggregates {
    ($($name:literal $variant:ident($accumulator:ty) of $argument:ident gives $kind:ident;)*) => {
        /// An aggregate function.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each has its documentation in its file")]
        pub enum Function { $($variant,)* }

        /// The state of an aggregate over the events of a session.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each has its documentation in its file")]
        pub enum Accumulator { $($variant($accumulator),)* }

        impl Function {
            /// All functions, in the order of the help.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in `--agg`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The argument of the function.
            pub const fn argument(self) -> Argument {
                match self { $(Self::$variant => Argument::$argument,)* }
            }

            /// The type of its values.
            pub const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)* }
            }

            /// The accumulator of no events.
            pub fn accumulator(self) -> Accumulator {
                match self { $(Self::$variant => Accumulator::$variant(Default::default()),)* }
            }

            /// The accumulator of this function with the saved state `state`.
            ///
            /// # Errors
            /// What is wrong with the state.
            pub fn restore(self, state: Vec<Vec<u8>>) -> Result<Accumulator, String> {
                let restored = match self {
                    $(Self::$variant => Accumulate::restore(state).map(Accumulator::$variant),)*
                };
                restored.ok_or_else(|| format!("this is not a state of the aggregate {}", self.name()))
            }
        }

        impl Accumulator {
            /// Adds the value of the next event.
            #[inline]
            pub fn update(&mut self, value: &[u8], bounds: Bounds) {
                match self { $(Self::$variant(accumulator) => accumulator.update(value, bounds),)* }
            }

            /// The value over all events so far.
            pub fn value(&self) -> Value<'_> {
                match self { $(Self::$variant(accumulator) => accumulator.value(),)* }
            }

            /// The state that [`Function::restore`] takes.
            pub fn state(&self) -> Vec<Vec<u8>> {
                match self { $(Self::$variant(accumulator) => accumulator.state(),)* }
            }
        }
    };
}

// The table of aggregates: name, accumulator, argument, type of the value.
aggregates! {
    "first" First(first::First) of Column gives Text;
    "last" Last(last::Last) of Column gives Text;
    "count" Count(count::Count) of ColumnOrNothing gives Int;
    "count_if" CountIf(count::Count) of Condition gives Int;
    "sum" Sum(sum::Sum) of Numbers gives Decimal;
    "min" Min(min::Min) of Numbers gives Decimal;
    "max" Max(max::Max) of Numbers gives Decimal;
    "median" Median(median::Median) of Numbers gives Decimal;
    "distinct" Distinct(distinct::Distinct) of Column gives BoundedInt;
    "list" List(list::List) of Texts gives List;
    "any" Any(any::Any) of Condition gives Bool;
}

impl Function {
    /// The function with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.name() == name)
    }

    /// All functions with their arguments, for a help text: `first(COL), last(COL), ...`.
    pub fn usage() -> String {
        let usages = Self::ALL.iter().map(|function| {
            let argument = function.argument().placeholder();
            format!("{}{argument}", function.name())
        });
        usages.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests;
