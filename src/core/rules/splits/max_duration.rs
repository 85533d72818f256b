//! `--max-duration`: the longest session.

use super::rule::{NextEvent, Projection, SplitRule};
use crate::core::rules::duration::duration;
use crate::core::rules::spec::{FlagSpec, stated_duration};
use crate::core::session::OpenSession;

/// An event that is further than this from the start begins a new session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::core::rules) struct MaxDuration {
    max_us: i64,
}

impl SplitRule for MaxDuration {
    const FLAG: FlagSpec = FlagSpec {
        name: "max-duration",
        value: "DUR",
        help: "Longest session: an event later than this after its start begins a new session",
        repeats: false,
        canonical: stated_duration,
    };
    const CLOSE_REASON: &'static str = "max-duration";
    type State = ();

    fn compile(values: &[&str], _projection: &mut Projection<'_>) -> Result<Self, String> {
        let text = values.concat();
        let max_us =
            i64::try_from(duration(&text)?.as_micros()).map_err(|_| format!("'{text}' is too long"))?;
        Ok(Self { max_us })
    }

    fn splits_before(&self, session: &OpenSession, (): &(), next: NextEvent<'_>) -> bool {
        next.time.us_since(session.start) > self.max_us
    }
}
