//! The values of flags: durations, times, sizes, bytes.

use crate::core::event::Timestamp;
use crate::core::rules::duration;
use crate::definition::ColumnRequest;
use crate::input::time::{TimeFormat, TimeParser};
use crate::input::{Format, nearest_name};
use crate::settings::{Compression, KeepGenerations, OutputFormat};
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// A duration in microseconds.
pub(super) fn duration_us(text: &str) -> Result<i64, String> {
    i64::try_from(duration(text)?.as_micros()).map_err(|_| "the duration is too long".to_owned())
}

/// The value that leaves a choice to the files.
pub(super) const AUTO: &str = "auto";

/// `auto`, and the names of the input formats. One that this build lacks is refused with the way to get it.
pub(super) fn input_format() -> impl TypedValueParser<Value = String> {
    let names = Format::ALL.iter().map(|format| format.name()).chain(Format::ABSENT.iter().copied());
    PossibleValuesParser::new(std::iter::once(AUTO).chain(names)).try_map(|name| {
        let is_absent = Format::ABSENT.contains(&name.as_str());
        if is_absent { Err(ABSENT) } else { Ok(name) }
    })
}

/// The answer to who asks for a format that this build cannot read.
const ABSENT: &str =
    "this build cannot read it: install one that can with cargo install --path . --features parquet";

/// The names of the output formats.
pub(super) fn output_format() -> impl TypedValueParser<Value = OutputFormat> {
    let names = OutputFormat::ALL.iter().map(|format| format.name());
    PossibleValuesParser::new(names).try_map(|name| {
        let format = OutputFormat::named(&name).ok_or("unknown")?;
        format.absent().map_or(Ok(format), Err)
    })
}

/// The name of no compression.
pub(super) const NONE: &str = "none";

/// The names of the compressions of outputs.
pub(super) fn output_compression() -> PossibleValuesParser {
    std::iter::once(NONE).chain(Compression::ALL.map(Compression::name)).into()
}

/// `72` generations, or those of the last `7d`.
pub(super) fn keep_generations(text: &str) -> Result<KeepGenerations, String> {
    let wrong = || format!("'{text}' is neither a count from 1 on, such as 72, nor an age, such as 7d");
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map(KeepGenerations::Count).map_err(|_| wrong());
    }
    let us = duration_us(text).map_err(|_| wrong())?;
    if us > 0 { Ok(KeepGenerations::Age(us)) } else { Err(wrong()) }
}

/// A number with fewer digits is ambiguous: seconds of 1970, a year, or a date.
const EPOCH_DIGITS: usize = 9;

/// A time in any form that `--time-format auto` reads; UTC if it has no zone.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    if text.len() < EPOCH_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("write the date as 2020-01-01, {text} is ambiguous"));
    }
    let parsed = TimeParser::new(&TimeFormat::Auto, chrono_tz::UTC).parse(text.as_bytes());
    parsed.map_err(|_| "not a time; times read like 2020-01-01T00:02:00Z".to_owned())
}

/// A header name or a 1-based number.
pub(super) fn column(text: &str) -> Result<ColumnRequest, String> {
    match text {
        "" => Err("a column has no name; columns are header names or numbers, joined by commas".to_owned()),
        "0" => Err("columns count from 1".to_owned()),
        name => Ok(ColumnRequest::read(name)),
    }
}

/// The name of a column of a data frame, in which every column has one.
#[cfg(feature = "parquet")]
pub(super) fn column_name(text: &str) -> Result<ColumnRequest, String> {
    if text.is_empty() {
        Err("a column has no name".to_owned())
    } else {
        Ok(ColumnRequest::Name(text.to_owned()))
    }
}

/// `128MiB`, `1GB`.
pub(super) fn size_bytes(text: &str) -> Result<usize, String> {
    let size: bytesize::ByteSize =
        text.parse().map_err(|error| format!("{error}; sizes read like 128MiB, 1GB"))?;
    usize::try_from(size.as_u64()).map_err(|_| "the size is too large".to_owned())
}

/// The value of `--time-format`, in the form that the checkpoint keeps.
pub(super) fn time_format(text: &str) -> Result<String, String> {
    text.parse::<TimeFormat>().map(|format| format.to_string())
}

/// An IANA time zone, in the form that the checkpoint keeps.
pub(super) fn timezone(text: &str) -> Result<String, String> {
    let zone: chrono_tz::Tz = text.parse().map_err(|_| {
        let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        let advice =
            nearest_name(text, names).map_or_else(String::new, |name| format!("; did you mean {name}?"));
        format!("not an IANA name such as UTC or Europe/Paris{advice}")
    })?;
    Ok(zone.name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, us) in
            [("90s", 90_000_000), ("5m", 300_000_000), ("1h30m", 5_400_000_000), ("7d", 604_800_000_000)]
        {
            assert_eq!(duration_us(text), Ok(us));
        }
        assert_eq!(duration_us("0s"), Ok(0));
        for wrong in ["", "5", "-5m", "5 parsecs", "1ns", "30M", "300000000d"] {
            assert!(duration_us(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn generations_are_kept_by_their_number_or_their_age() {
        let count = |count| KeepGenerations::Count(std::num::NonZeroU64::new(count).unwrap());
        assert_eq!(keep_generations("3"), Ok(count(3)));
        assert_eq!(keep_generations("1"), Ok(count(1)));
        assert_eq!(keep_generations("7d"), Ok(KeepGenerations::Age(604_800_000_000)));
        for wrong in ["", "0", "0s", "-1", "3.5", "all", "99999999999999999999", "300000y"] {
            let refusal = keep_generations(wrong).unwrap_err();
            assert!(refusal.contains("neither a count"), "{wrong}: {refusal}");
        }
    }

    #[test]
    fn a_short_number_is_no_time() {
        for wrong in ["2020", "20200101", "0"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
        assert_eq!(time("1577836800"), time("2020-01-01"));
    }

    #[test]
    fn a_column_has_a_name_or_a_number_from_1() {
        assert_eq!(column("2"), Ok(ColumnRequest::Number(2)));
        assert!(column("").is_err() && column("0").is_err());
    }

    #[test]
    fn a_mistyped_zone_is_answered_with_the_nearest() {
        assert_eq!(timezone("Europe/Paris"), Ok("Europe/Paris".to_owned()));
        for (wrong, nearest) in [
            ("Europe/Pariss", "Europe/Paris"),
            ("europe/berlin", "Europe/Berlin"),
            ("Asia/Calcuta", "Asia/Calcutta"),
        ] {
            assert!(timezone(wrong).unwrap_err().ends_with(&format!("; did you mean {nearest}?")), "{wrong}");
        }
        assert_eq!(timezone("Middle-earth").unwrap_err(), "not an IANA name such as UTC or Europe/Paris");
    }

    #[test]
    fn sizes_are_binary_or_decimal() {
        assert_eq!((size_bytes("128MiB"), size_bytes("1kB")), (Ok(128 << 20), Ok(1000)));
        assert!(size_bytes("much").is_err());
    }
}
