//! Gaps that depend on the event: each event covers its own gap, and a session is the union of what its events cover.

use super::demand::{Demand, DurationForm};
use super::duration::{duration, duration_in_column, duration_text};
use super::projected::{ProjectedColumn, ProjectedColumns};
use crate::core::event::Timestamp;
use crate::core::event::Values;
use crate::core::gap::Gap;
use std::fmt;
use std::time::Duration;

/// `column:value=duration,...,*=duration` as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapByText {
    column: String,
    gaps: Vec<(String, Duration)>,
}

/// The value that stands for all others.
const ANY_VALUE: &str = "*";

impl GapByText {
    /// Parses `event:purchase=2h,*=30m`. A value may contain `=` but no comma.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn read(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("'{text}' is not a gap by value: write column:value=gap, such as event:purchase=2h,*=30m")
        };
        let (column, gaps) =
            text.split_once(':').filter(|(column, _)| !column.is_empty()).ok_or_else(wrong)?;
        let gap = |part: &str| {
            let (value, gap) = part.rsplit_once('=').ok_or_else(wrong)?;
            let gap = duration(gap).map_err(|error| format!("gap of '{value}': {error}"))?;
            Ok((value.to_owned(), gap))
        };
        let mut gaps = gaps.split(',').map(gap).collect::<Result<Vec<_>, String>>()?;
        // Their order has no effect.
        gaps.sort_by(|(one, _), (other, _)| (one == ANY_VALUE, one).cmp(&(other == ANY_VALUE, other)));
        if let Some(twice) = gaps.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(format!("'{}' has two gaps", twice[0].0));
        }
        Ok(Self { column: column.to_owned(), gaps })
    }
}

impl fmt::Display for GapByText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |(value, gap): &(String, Duration)| format!("{value}={}", short(*gap));
        let parts: Vec<String> = self.gaps.iter().map(part).collect();
        write!(f, "{}:{}", self.column, parts.join(","))
    }
}

/// A duration without spaces: `1h30m`.
pub(super) fn short(duration: Duration) -> String {
    duration_text(duration).replace(' ', "")
}

/// The gap of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gaps {
    usual: Gap,
    by_value: Option<ByValue>,
    column: Option<usize>,
}

/// Gaps by the values of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ByValue {
    place: usize,
    gaps: Vec<(Vec<u8>, Gap)>,
}

impl Gaps {
    /// `usual` is the gap where neither `by` nor the gap column gives another.
    pub(super) fn compile(
        usual: Gap,
        by: Option<&GapByText>,
        column: Option<&str>,
        kept: &mut ProjectedColumns,
    ) -> Self {
        let any = by.and_then(|by| by.gaps.iter().find(|(value, _)| value == ANY_VALUE));
        let by_value = by.map(|by| {
            let certain = by.gaps.iter().filter(|(value, _)| value != ANY_VALUE);
            let gaps = certain.map(|(value, gap)| (value.clone().into_bytes(), gap_of(*gap))).collect();
            ByValue { place: kept.place_of(ProjectedColumn::column(&by.column)), gaps }
        });
        let narrow = |demand: &mut Demand| demand.duration = demand.duration.max(Some(DurationForm::OfGap));
        let column = column.map(|column| kept.demand(ProjectedColumn::column(column), narrow));
        Self { usual: any.map_or(usual, |(_, gap)| gap_of(*gap)), by_value, column }
    }

    /// Whether each event has the same gap.
    pub(super) const fn is_one(&self) -> bool {
        self.by_value.is_none() && self.column.is_none()
    }

    /// [`Gaps::reach`] where that is so.
    #[inline]
    pub(super) fn usual_reach(&self, end: Timestamp) -> Timestamp {
        end.saturating_add_us(self.usual.us())
    }

    /// How far an event that ends at `end` keeps its session open. The gap column comes first, then the gap of the value.
    pub(super) fn reach(&self, end: Timestamp, values: Values<'_>) -> Timestamp {
        let own = self.column.and_then(|place| duration_in_column(values.get(place))).map(gap_of);
        let of_value = || {
            let ByValue { place, gaps } = self.by_value.as_ref()?;
            let value = values.get(*place);
            gaps.iter().find(|(other, _)| other == value).map(|(_, gap)| *gap)
        };
        end.saturating_add_us(own.or_else(of_value).unwrap_or(self.usual).us())
    }
}

fn gap_of(duration: Duration) -> Gap {
    Gap::from_us(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::push_value;

    fn reach(by: Option<&str>, column: Option<&str>, values: &[&str]) -> i64 {
        let by = by.map(|text| GapByText::read(text).unwrap());
        let gaps = Gaps::compile(Gap::from_us(5), by.as_ref(), column, &mut ProjectedColumns::default());
        let mut payload = Vec::new();
        for value in values {
            assert!(push_value(&mut payload, value.as_bytes()));
        }
        gaps.reach(Timestamp::from_us(100).unwrap(), Values::of(&payload)).us()
    }

    #[test]
    fn the_most_special_gap_wins() {
        let by = Some("event:buy=20us,*=10us");
        assert_eq!(reach(None, None, &[]), 105);
        assert_eq!(reach(by, None, &["buy"]), 120);
        assert_eq!(reach(by, None, &["view"]), 110);
        assert_eq!(reach(Some("event:buy=20us"), None, &["view"]), 105);
        assert_eq!(reach(by, Some("pause"), &["buy", "30us"]), 130);
        assert_eq!(reach(by, Some("pause"), &["buy", ""]), 120);
    }

    #[test]
    fn reads_back_as_it_was_written() {
        for text in ["event:purchase=2h,*=30m", "3:a=b=1m 30s"] {
            assert_eq!(GapByText::read(text).unwrap().to_string(), text.replace(' ', ""));
        }
        for wrong in ["", "event", ":a=1m", "event:a", "event:a=soon", "event:a=1m,a=2m"] {
            assert!(GapByText::read(wrong).is_err(), "{wrong}");
        }
    }
}
