//! `--split-at midnight`: a new session each day.

use super::local_day::next_midnight;
use super::rule::{NextEvent, Projection, SplitRule};
use crate::core::event::Timestamp;
use crate::core::rules::projected::ProjectedColumn;
use crate::core::rules::spec::{FlagSpec, one_of};
use crate::core::session::OpenSession;
use chrono_tz::Tz;

/// The zone whose days count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::core::rules) enum Midnight {
    /// One zone for all sources.
    In(Tz),
    /// The zone of the event's source: the place of its name in the payload.
    OfSource(usize),
}

impl SplitRule for Midnight {
    const FLAG: FlagSpec = FlagSpec {
        name: "split-at",
        value: "WHEN",
        help: "midnight: a new session each day, in the time zone of the event's source (--timezone)",
        repeats: false,
        canonical: |value| one_of(value, &["midnight"]),
    };
    const CLOSE_REASON: &'static str = "midnight";

    /// The first instant of the day after the session's start, if all sources have one zone.
    type State = Option<Timestamp>;

    fn compile(_values: &[&str], projection: &mut Projection<'_>) -> Result<Self, String> {
        Ok(match projection.zone {
            Some(zone) => Self::In(zone),
            None => Self::OfSource(projection.columns.place_of(ProjectedColumn::Zone)),
        })
    }

    fn begin(&self, start: Timestamp) -> Option<Timestamp> {
        match self {
            Self::In(zone) => Some(next_midnight(start, *zone)),
            Self::OfSource(_) => None,
        }
    }

    fn splits_before(&self, session: &OpenSession, day_end: &Option<Timestamp>, next: NextEvent<'_>) -> bool {
        let day_end = match self {
            Self::In(_) => *day_end,
            Self::OfSource(place) => {
                let zone =
                    std::str::from_utf8(next.values.get(*place)).ok().and_then(|name| name.parse().ok());
                zone.map(|zone| next_midnight(session.start, zone))
            }
        };
        day_end.is_some_and(|day_end| next.time >= day_end)
    }
}
