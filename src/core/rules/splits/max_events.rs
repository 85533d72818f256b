//! `--max-events`: the largest session.

use super::rule::{NextEvent, Projection, SplitRule};
use crate::core::rules::spec::{FlagSpec, positive};
use crate::core::session::OpenSession;

/// One event more begins a new session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::core::rules) struct MaxEvents {
    max: u64,
}

impl SplitRule for MaxEvents {
    const FLAG: FlagSpec = FlagSpec {
        name: "max-events",
        value: "N",
        help: "Largest session: one more event begins a new session",
        repeats: false,
        canonical: positive,
    };
    const CLOSE_REASON: &'static str = "max-events";
    type State = ();

    fn compile(values: &[&str], _projection: &mut Projection<'_>) -> Result<Self, String> {
        let text = values.concat();
        let max = text.parse().map_err(|_| format!("{}: '{text}' is not a number", Self::FLAG.name))?;
        Ok(Self { max })
    }

    fn splits_before(&self, session: &OpenSession, (): &(), _next: NextEvent<'_>) -> bool {
        session.events >= self.max
    }
}
