//! `--end-on`: events that end their session.

use super::rule::{Projection, SplitRule};
use crate::core::event::Values;
use crate::core::rules::condition::{Condition, compile_all};
use crate::core::rules::spec::{FlagSpec, condition};

/// An event for which one of these holds is the last one of its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::core::rules) struct EndOn {
    conditions: Vec<Condition>,
}

impl SplitRule for EndOn {
    const FLAG: FlagSpec = FlagSpec {
        name: "end-on",
        value: "COND",
        help: "Events that end their session, such as event=logout; conditions as for --where; may be repeated",
        repeats: true,
        canonical: condition,
    };
    const CLOSE_REASON: &'static str = "end-on";
    type State = ();

    fn compile(values: &[&str], projection: &mut Projection<'_>) -> Result<Self, String> {
        Ok(Self { conditions: compile_all(values, projection.columns)? })
    }

    fn splits_after(&self, values: Values<'_>) -> bool {
        self.conditions.iter().any(|condition| condition.holds(values))
    }
}
