//! Times in a strftime pattern, read by chrono.

use super::not_a_time::NotATime;
use super::zone;
use chrono::format::{self, Item, Numeric, ParseError, ParseErrorKind, Parsed, StrftimeItems};
use chrono::{DateTime, FixedOffset, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;
use std::fmt::Write;

/// A compiled strftime pattern. An invalid one reads nothing.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    /// One way to read it, or one for each word for UTC.
    ways: Vec<Vec<Item<'static>>>,
    /// Whether a word says that times are in UTC.
    is_utc: bool,
}

/// The zone names that a pattern accepts. Others are ambiguous: `EST` is one offset in New York and another in Sydney.
const UTC_WORDS: [&str; 2] = ["UTC", "GMT"];

impl Pattern {
    pub(super) fn new(pattern: &str) -> Self {
        let is_utc = pattern.contains("%Z");
        let words = if is_utc { &UTC_WORDS[..] } else { &[""] };
        let ways = words.iter().filter_map(|word| items(&pattern.replace("%Z", word))).collect();
        Self { ways, is_utc }
    }

    /// Returns what is wrong with a pattern that can give no time: chrono does not know it, or fields are missing.
    pub(super) fn check(pattern: &str) -> Result<(), String> {
        let this = Self::new(pattern);
        let Some(items) = this.ways.first() else {
            return Err(format!("{pattern:?} is not a strftime pattern: it has an unknown % specifier"));
        };
        if items.iter().any(|item| matches!(item, Item::Numeric(Numeric::Nanosecond, _))) {
            return Err(format!("{pattern:?} has %f without a point before it: a fraction is .%f"));
        }
        let sample = DateTime::UNIX_EPOCH;
        let mut text = String::new();
        // Some specifiers can be read but not written; such a pattern is accepted.
        if write!(text, "{}", sample.format_with_items(items.iter())).is_err() {
            return Ok(());
        }
        match this.moment(&text, Tz::UTC) {
            Err(error) if error.kind() == ParseErrorKind::NotEnough => Err(format!(
                "the time format {pattern:?} does not hold a whole date, or only part of an hour: \
                 give year, month and day, with %I also %p, and with a minute also the hour"
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn read(&self, text: &[u8], zone: Tz) -> Result<i64, NotATime> {
        let text = str::from_utf8(text).map_err(|_| NotATime::Unreadable)?;
        let moment = self.moment(text, zone).map_err(|error| match error.kind() {
            ParseErrorKind::OutOfRange | ParseErrorKind::Impossible => NotATime::Impossible,
            _ => NotATime::Unreadable,
        })?;
        moment.ok_or(NotATime::Impossible)
    }

    /// Microseconds since the epoch; `None` if the local time does not exist.
    fn moment(&self, text: &str, zone: Tz) -> Result<Option<i64>, ParseError> {
        let zone = if self.is_utc { Tz::UTC } else { zone };
        let mut ways = self.ways.iter().map(Vec::as_slice);
        let first = moment_of(ways.next().unwrap_or_default(), text, zone);
        ways.fold(first, |read, items| read.or_else(|_| moment_of(items, text, zone)))
    }
}

fn moment_of(items: &[Item<'_>], text: &str, zone: Tz) -> Result<Option<i64>, ParseError> {
    let mut parsed = Parsed::new();
    format::parse(&mut parsed, text, items.iter())?;
    if parsed.timestamp().is_some() {
        return parsed.to_datetime().map(|moment| Some(moment.timestamp_micros()));
    }
    let local = local_time(&parsed)?;
    let Some(offset_s) = parsed.offset() else { return Ok(zone::earliest_us(zone, &local)) };
    let moment =
        FixedOffset::east_opt(offset_s).and_then(|offset| offset.from_local_datetime(&local).single());
    Ok(moment.map(|moment| moment.timestamp_micros()))
}

/// The parts of a pattern; `None` if one is unknown. A fraction is `.%f`, as in Python, or `%.f`.
fn items(pattern: &str) -> Option<Vec<Item<'static>>> {
    StrftimeItems::new(&pattern.replace(".%f", "%.f")).parse_to_owned().ok()
}

/// A date without any part of a time of day is its midnight, and an hour without a minute its first instant. Anything else that is
/// missing is an error, because ignoring the rest would give a wrong time.
fn local_time(parsed: &Parsed) -> Result<NaiveDateTime, ParseError> {
    let hour = [parsed.hour_div_12(), parsed.hour_mod_12()];
    let rest = [parsed.minute(), parsed.second(), parsed.nanosecond()];
    match (hour.iter().any(Option::is_some), rest.iter().any(Option::is_some)) {
        (false, false) => Ok(parsed.to_naive_date()?.and_time(NaiveTime::MIN)),
        (true, false) => {
            let mut whole = parsed.clone();
            whole.set_minute(0)?;
            whole.to_naive_datetime_with_offset(0)
        }
        (_, true) => parsed.to_naive_datetime_with_offset(0),
    }
}
