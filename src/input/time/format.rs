//! The time format, as the command line gives it and the checkpoint keeps it.

use super::pattern::Pattern;
use std::fmt;
use std::str::FromStr;

/// The form of the times of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TimeFormat {
    /// Whatever has one clear meaning: `2020-01-01 00:02:00`, also with `T`, with a fraction of up to nine digits, with
    /// `Z` or an offset, without seconds, without a time of day; the date also as web servers write it,
    /// `01/Jan/2020:00:02:00 +0000`, in brackets or not; and numbers, by magnitude: below 10^11 they are
    /// seconds since the epoch (with up to nine decimals, or an exponent), below 10^14 milliseconds, below 10^17 microseconds, below 10^19
    /// nanoseconds.
    ///
    /// Numbers of 8, 12 and 14 digits that are a date, a minute or a second of the years 1900 to 2099 are that: `20200101`.
    #[default]
    Auto,
    /// Seconds since the epoch, with up to nine decimals.
    EpochSeconds,
    /// Whole milliseconds since the epoch.
    EpochMillis,
    /// Whole microseconds since the epoch.
    EpochMicros,
    /// A strftime pattern, with chrono's specifiers. A date alone is its midnight. The name of a zone (`%Z`) is `UTC` or `GMT`;
    /// an offset (`%z`) is any. A fraction is `.%f` or `%.f`.
    Strftime(String),
}

impl FromStr for TimeFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "epoch-s" => Ok(Self::EpochSeconds),
            "epoch-ms" => Ok(Self::EpochMillis),
            "epoch-us" => Ok(Self::EpochMicros),
            pattern if pattern.contains('%') => {
                Pattern::check(pattern).map(|()| Self::Strftime(pattern.into()))
            }
            other => Err(format!(
                "unknown time format {other:?}: use auto, epoch-s, epoch-ms, epoch-us, or a strftime pattern such as \
                 \"%d/%b/%Y:%H:%M:%S %z\""
            )),
        }
    }
}

impl fmt::Display for TimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::EpochSeconds => "epoch-s",
            Self::EpochMillis => "epoch-ms",
            Self::EpochMicros => "epoch-us",
            Self::Strftime(pattern) => pattern,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_as_itself() {
        for name in
            ["auto", "epoch-s", "epoch-ms", "epoch-us", "%Y%m%d", "%Y%m%d%H", "%s", "%d/%b/%Y:%H:%M:%S %z"]
        {
            assert_eq!(name.parse::<TimeFormat>().map(|format| format.to_string()), Ok(name.to_owned()));
        }
    }

    #[test]
    fn refuses_what_could_never_give_a_time() {
        for (name, complaint) in [
            ("", "unknown time format"),
            ("iso", "unknown time format"),
            ("%Y-%m-%d %Q", "not a strftime pattern"),
            ("%", "not a strftime pattern"),
            ("%Y-%m-%d %H:%M:%S,%f", "without a point"),
            ("%H:%M:%S", "does not hold a whole date"),
            ("%Y-%m", "does not hold a whole date"),
            ("%Y-%m-%d %I", "does not hold a whole date"),
            ("%Y-%m-%d %M", "does not hold a whole date"),
            ("%Y-%m-%d %H %S", "does not hold a whole date"),
            ("%Y-%m-%d %I:%M", "does not hold a whole date"),
        ] {
            let error = name.parse::<TimeFormat>().unwrap_err();
            assert!(error.contains(complaint), "{name}: {error}");
        }
    }
}
