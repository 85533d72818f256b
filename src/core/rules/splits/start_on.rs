//! `--start-on`: events that begin a new session.

use super::rule::{NextEvent, Projection, SplitRule};
use crate::core::rules::condition::{Condition, compile_all};
use crate::core::rules::spec::{FlagSpec, condition};
use crate::core::session::OpenSession;

/// An event for which one of these holds begins a new session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::core::rules) struct StartOn {
    conditions: Vec<Condition>,
}

impl SplitRule for StartOn {
    const FLAG: FlagSpec = FlagSpec {
        name: "start-on",
        value: "COND",
        help: "Events that begin a new session, such as event=login; conditions as for --where; may be repeated",
        repeats: true,
        canonical: condition,
    };
    const CLOSE_REASON: &'static str = "start-on";
    type State = ();

    fn compile(values: &[&str], projection: &mut Projection<'_>) -> Result<Self, String> {
        Ok(Self { conditions: compile_all(values, projection.columns)? })
    }

    fn splits_before(&self, _session: &OpenSession, (): &(), next: NextEvent<'_>) -> bool {
        self.conditions.iter().any(|condition| condition.holds(next.values))
    }
}
