//! Split rules end a session besides the gap. Each rule is one file and one line in the table below.

mod end_on;
mod local_day;
mod max_duration;
mod max_events;
mod midnight;
mod rule;
mod split_on;
mod start_on;

pub(super) use rule::{NextEvent, Projection};

use super::spec::FlagSpec;
use crate::core::event::{Timestamp, Values};
use crate::core::session::{CloseReason, OpenSession};
use rule::SplitRule;

/// Generates [`SplitFlag`], `Rule` and `State` from the table of split rules.
macro_rules! split_rules {
    ($($rule:ident in $file:ident;)*) => {
        /// A split rule, by its flag.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "each has its documentation in its file")]
        pub enum SplitFlag { $($rule,)* }

        impl SplitFlag {
            /// All split rules, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$rule,)*];

            pub(super) const fn spec(self) -> FlagSpec {
                match self { $(Self::$rule => $file::$rule::FLAG,)* }
            }

            /// The word for sessions that it ends.
            pub(super) const fn close_reason(self) -> &'static str {
                match self { $(Self::$rule => $file::$rule::CLOSE_REASON,)* }
            }

            fn compile(self, values: &[&str], projection: &mut Projection<'_>) -> Result<Rule, String> {
                match self { $(Self::$rule => $file::$rule::compile(values, projection).map(Rule::$rule),)* }
            }
        }

        /// A compiled rule.
        #[derive(Debug, Clone, PartialEq, Eq)]
        enum Rule { $($rule($file::$rule),)* }

        /// The state of a rule in an open session.
        #[derive(Debug, Clone, PartialEq, Eq)]
        enum State { $($rule(<$file::$rule as SplitRule>::State),)* }

        impl Rule {
            const fn close_reason(&self) -> CloseReason {
                match self { $(Self::$rule(_) => CloseReason::Split($file::$rule::CLOSE_REASON),)* }
            }

            fn begin(&self, start: Timestamp) -> State {
                match self { $(Self::$rule(rule) => State::$rule(rule.begin(start)),)* }
            }

            fn splits_before(&self, session: &OpenSession, state: &State, next: NextEvent<'_>) -> bool {
                match (self, state) {
                    $((Self::$rule(rule), State::$rule(state)) => rule.splits_before(session, state, next),)*
                    _ => false,
                }
            }

            fn splits_after(&self, values: Values<'_>) -> bool {
                match self { $(Self::$rule(rule) => rule.splits_after(values),)* }
            }

            fn update(&self, state: &mut State, values: Values<'_>) {
                match (self, state) {
                    $((Self::$rule(rule), State::$rule(state)) => rule.update(state, values),)*
                    _ => {}
                }
            }

            fn restore(&self, start: Timestamp, stored: Vec<Vec<u8>>) -> Option<State> {
                match self { $(Self::$rule(rule) => rule.restore(start, stored).map(State::$rule),)* }
            }
        }

        impl State {
            fn stored(&self) -> Vec<Vec<u8>> {
                match self { $(Self::$rule(state) => $file::$rule::stored(state),)* }
            }
        }
    };
}

// The table of split rules. If several rules split at one event, the first one in the table is the reason.
split_rules! {
    MaxDuration in max_duration;
    Midnight in midnight;
    StartOn in start_on;
    SplitOn in split_on;
    MaxEvents in max_events;
    EndOn in end_on;
}

/// The compiled split rules of a definition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Splits {
    rules: Vec<Rule>,
}

impl Splits {
    /// Compiles the rules whose flags were given. `values_of` gives the canonical values of a flag.
    ///
    /// # Errors
    /// What is wrong with values that are not canonical.
    pub(super) fn compile<'t>(
        values_of: impl Fn(SplitFlag) -> Vec<&'t str>,
        projection: &mut Projection<'_>,
    ) -> Result<Self, String> {
        let mut rules = Vec::new();
        for &flag in SplitFlag::ALL {
            let values = values_of(flag);
            if !values.is_empty() {
                rules.push(flag.compile(&values, projection)?);
            }
        }
        Ok(Self { rules })
    }

    /// Why `next`, which is within the gap, does not continue `session`: the first rule that splits here.
    pub(super) fn before(
        &self,
        session: &OpenSession,
        state: &SplitState,
        next: NextEvent<'_>,
    ) -> Option<CloseReason> {
        let mut rules = self.rules.iter().zip(&state.0);
        rules
            .find(|(rule, state)| rule.splits_before(session, state, next))
            .map(|(rule, _)| rule.close_reason())
    }

    /// Why the event with these values is the last one of its session.
    pub(super) fn after(&self, values: Values<'_>) -> Option<CloseReason> {
        self.rules.iter().find(|rule| rule.splits_after(values)).map(Rule::close_reason)
    }

    /// The states of the rules in a session that begins at `start`.
    pub(super) fn begin(&self, start: Timestamp) -> SplitState {
        SplitState(self.rules.iter().map(|rule| rule.begin(start)).collect())
    }

    /// Updates the states with the values of an event of the session.
    pub(super) fn update(&self, state: &mut SplitState, values: Values<'_>) {
        for (rule, state) in self.rules.iter().zip(&mut state.0) {
            rule.update(state, values);
        }
    }

    /// The states saved by [`SplitState::stored`], for a session that began at `start`.
    pub(super) fn restore(&self, start: Timestamp, stored: Vec<Vec<Vec<u8>>>) -> Result<SplitState, String> {
        if stored.len() != self.rules.len() {
            return Err(format!("there are {} states of {} split rules", stored.len(), self.rules.len()));
        }
        let restored = self.rules.iter().zip(stored).map(|(rule, stored)| rule.restore(start, stored));
        let states: Option<Vec<State>> = restored.collect();
        states.map(SplitState).ok_or_else(|| "this is not a state of the split rule".to_owned())
    }
}

/// The states of the split rules in an open session, in the order of the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SplitState(Vec<State>);

impl SplitState {
    /// The states for the checkpoint.
    pub fn stored(&self) -> Vec<Vec<Vec<u8>>> {
        self.0.iter().map(State::stored).collect()
    }
}
