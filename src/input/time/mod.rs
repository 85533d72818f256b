//! Parses the text of a time into a [`Timestamp`].
//!
//! The common forms are read at fixed byte positions (`quick`). All others go to the slow readers (`written`, `epoch`,
//! `pattern`), which use chrono.

mod calendar;
mod candidates;
mod epoch;
mod format;
mod known;
mod not_a_time;
mod pattern;
mod quick;
mod shape;
#[cfg(test)]
mod tests;
mod written;
mod zone;

pub use candidates::{are_times, formats_of_column, may_be_times};
pub use format::TimeFormat;
pub use known::{formats_that_read, spreadsheet_day};
pub use not_a_time::{Doubt, NotATime};
pub use shape::TimeShape;

use super::numbers::{Ambiguous, with_decimal_point};
use crate::core::event::Timestamp;
use chrono_tz::Tz;
use epoch::EpochUnit;
use pattern::Pattern;
use quick::{DayCache, Quick};
use std::borrow::Cow;
use zone::LocalZone;

/// Reads the times of a batch.
///
/// It keeps the last date and the last local hour it has seen, so a log in order of time costs one calendar look-up a
/// day; use one parser for each thread.
#[derive(Debug, Clone)]
pub struct TimeParser {
    form: Form,
    zone: LocalZone,
    days: DayCache,
    /// Whether the times of the file are written as dates: then a small number is none.
    expects_dates: bool,
    /// Whether fractions begin with a comma.
    decimal_comma: bool,
}

/// [`TimeFormat`], ready for use.
#[derive(Debug, Clone)]
enum Form {
    Auto,
    Epoch(EpochUnit),
    Pattern(Pattern),
    /// Eight bytes, microseconds since the epoch: of UTC if they are instants, else on the local clock.
    #[cfg(feature = "parquet")]
    Moment {
        is_instant: bool,
    },
}

impl TimeParser {
    /// A parser of `format`; times without an offset are local times of `zone`.
    pub fn new(format: &TimeFormat, zone: Tz) -> Self {
        let form = match format {
            TimeFormat::Auto => Form::Auto,
            TimeFormat::EpochSeconds => Form::Epoch(EpochUnit::Seconds),
            TimeFormat::EpochMillis => Form::Epoch(EpochUnit::Millis),
            TimeFormat::EpochMicros => Form::Epoch(EpochUnit::Micros),
            TimeFormat::Strftime(pattern) => Form::Pattern(Pattern::new(pattern)),
        };
        let (zone, days) = (LocalZone::new(zone), DayCache::new());
        Self { form, zone, days, expects_dates: false, decimal_comma: false }
    }

    /// The same zone, and whatever form has one clear meaning: for times that a file holds as times, so that their text is ours.
    #[cfg(feature = "parquet")]
    pub(super) fn of_clear_times(&self) -> Self {
        Self { form: Form::Auto, ..self.clone() }
    }

    /// The same zone, for times that a file holds as numbers of microseconds and a decoder hands over as eight bytes of the machine.
    #[cfg(feature = "parquet")]
    pub(super) fn of_moments(&self, is_instant: bool) -> Self {
        Self { form: Form::Moment { is_instant }, ..self.clone() }
    }

    /// Whether its times are those of [`TimeParser::of_moments`].
    #[cfg(feature = "parquet")]
    pub(super) const fn reads_moments(&self) -> bool {
        matches!(self.form, Form::Moment { .. })
    }

    /// Reads fractions behind a comma from now on, except those of a pattern, which says itself how they are written.
    pub(super) fn set_decimal_comma(&mut self) {
        self.decimal_comma = !matches!(self.form, Form::Pattern(_));
    }

    /// The time that `text` states; spaces around it do not count, digits below a microsecond are dropped.
    ///
    /// Second 60 is the second after 59. A local time that occurs twice, when summer time ends, is the earlier one.
    ///
    /// # Errors
    ///
    /// [`NotATime`] says whether the form or the value is wrong.
    #[inline]
    pub fn parse(&mut self, text: &[u8]) -> Result<Timestamp, NotATime> {
        match self.read_quickly(text) {
            Some(time) => Ok(time),
            None => self.parse_slowly(text),
        }
    }

    /// The same for a row of a file, with what is doubtful about it. Costs no more where nothing is.
    ///
    /// # Errors
    /// [`Doubt`]; a time that is only doubtful is part of it.
    #[inline]
    pub fn read(&mut self, text: &[u8]) -> Result<Timestamp, Doubt> {
        match self.read_quickly(text) {
            Some(time) => Ok(time),
            None => self.read_slowly(text),
        }
    }

    #[inline(never)]
    fn read_slowly(&mut self, text: &[u8]) -> Result<Timestamp, Doubt> {
        let text = self.with_point(text).map_err(Doubt::NotATime)?;
        let time = self.parse_with_point(&text).map_err(Doubt::NotATime)?;
        match self.is_early_number(&text, time) {
            true if self.expects_dates => Err(Doubt::Stray),
            true => Err(Doubt::Early(time)),
            false => Ok(time),
        }
    }

    /// Whether `text`, which is `time`, is a number that `auto` counts from 1970, and lies before 1990.
    fn is_early_number(&self, text: &[u8], time: Timestamp) -> bool {
        let (text, zone) = (trim_spaces(text), self.zone.zone());
        // Most times are later, and nothing more is asked of them.
        (0..EARLY_END_US).contains(&time.us())
            && matches!(self.form, Form::Auto)
            && epoch::read(text, None).is_ok()
            && calendar::read(text, zone).is_none()
    }

    /// What `text` says under `auto`; `None` under another format, and where it is no time.
    pub fn shape(&mut self, text: &[u8]) -> Option<TimeShape> {
        let text = self.with_point(text).ok()?;
        let time = self.parse_with_point(&text).ok().filter(|_| matches!(self.form, Form::Auto))?;
        Some(TimeShape::of(without_brackets(trim_spaces(&text)), self.is_early_number(&text, time)))
    }

    /// Takes note of the shape of the first time of the file.
    pub const fn expect(&mut self, usual: TimeShape) {
        self.expects_dates = usual.is_written();
    }

    /// The same where a quick reader is sure of it.
    #[inline]
    pub fn read_quickly(&mut self, text: &[u8]) -> Option<Timestamp> {
        self.quick_us(text).and_then(Timestamp::from_us)
    }

    /// Microseconds since the epoch, where a quick reader is sure of them.
    #[inline]
    fn quick_us(&mut self, text: &[u8]) -> Option<i64> {
        match self.form {
            Form::Auto if text.len() >= quick::WRITTEN_BYTES => {
                let read = quick::written(text, &mut self.days);
                match read.or_else(|| quick::logged(text, &mut self.days))? {
                    Quick::Utc(us) => Some(us),
                    Quick::Local(us) => self.zone.utc_us(us),
                }
            }
            // It may be a date.
            Form::Auto if calendar::LENGTHS.contains(&text.len()) => None,
            Form::Auto => quick::number(text).and_then(EpochUnit::undoubted_us),
            Form::Epoch(unit) => quick::number(text).and_then(|count| unit.us(count)),
            Form::Pattern(_) => None,
            #[cfg(feature = "parquet")]
            Form::Moment { is_instant } => {
                let us = i64::from_ne_bytes(text.try_into().ok()?);
                if is_instant { Some(us) } else { self.zone.utc_us(us) }
            }
        }
    }

    #[inline(never)]
    fn parse_slowly(&mut self, text: &[u8]) -> Result<Timestamp, NotATime> {
        let text = self.with_point(text)?;
        self.parse_with_point(&text)
    }

    /// `text` with a point for its decimal comma, where there are such commas.
    fn with_point<'t>(&self, text: &'t [u8]) -> Result<Cow<'t, [u8]>, NotATime> {
        if !self.decimal_comma {
            return Ok(Cow::Borrowed(text));
        }
        let text = with_decimal_point(trim_spaces(text)).map_err(|Ambiguous| NotATime::Unreadable)?;
        let comma = memchr::memchr(b',', &text);
        Ok(comma.map_or_else(|| text.clone(), |at| [&text[..at], b".", &text[at + 1..]].concat().into()))
    }

    fn parse_with_point(&mut self, text: &[u8]) -> Result<Timestamp, NotATime> {
        let trimmed = trim_spaces(text);
        let trimmed = if matches!(self.form, Form::Auto) { without_brackets(trimmed) } else { trimmed };
        if trimmed.len() < text.len()
            && let Some(time) = self.read_quickly(trimmed)
        {
            return Ok(time);
        }
        let us = match &self.form {
            Form::Auto => match written::read(trimmed, self.zone.zone()) {
                Err(NotATime::Unreadable) => {
                    calendar::read(trimmed, self.zone.zone()).unwrap_or_else(|| epoch::read(trimmed, None))
                }
                read => read,
            },
            Form::Epoch(unit) => epoch::read(trimmed, Some(*unit)),
            Form::Pattern(pattern) => pattern.read(trimmed, self.zone.zone()),
            // It has been read, unless it is none, or a local time that no clock has shown.
            #[cfg(feature = "parquet")]
            Form::Moment { .. } => {
                let us = text.try_into().ok().map(i64::from_ne_bytes).and_then(Timestamp::from_us);
                Err(us.map_or(NotATime::Unreadable, |_| NotATime::Impossible))
            }
        }?;
        Timestamp::from_us(us).ok_or(NotATime::Impossible)
    }
}

/// A text without the brackets in which web servers write times.
fn without_brackets(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"[").and_then(|text| text.strip_suffix(b"]")).unwrap_or(text)
}

/// The beginning of 1990: numbers that `auto` counts from 1970 to it are more often no times.
const EARLY_END_US: i64 = 631_152_000_000_000;

fn trim_spaces(mut text: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = text {
        text = rest;
    }
    text
}
