//! chrono is the reference: every form, random damage to it and plain garbage are read as chrono reads them.

use super::{NotATime, TimeFormat, TimeParser};
use crate::core::event::Timestamp;
use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use proptest::prelude::*;

const ZONES: [Tz; 5] =
    [Tz::UTC, Tz::Europe__Paris, Tz::America__St_Johns, Tz::Australia__Lord_Howe, Tz::Asia__Kathmandu];

/// The verdict in the words of the tables: microseconds, or why not.
fn verdict(format: &str, zone: Tz, text: &str) -> Result<i64, NotATime> {
    TimeParser::new(&format.parse().unwrap(), zone).parse(text.as_bytes()).map(Timestamp::us)
}

/// What chrono says of a time, as the tables have it.
#[expect(clippy::unnecessary_wraps, reason = "it stands beside verdicts")]
fn us(rfc3339: &str) -> Result<i64, NotATime> {
    Ok(DateTime::parse_from_rfc3339(rfc3339).unwrap().timestamp_micros())
}

#[path = "reference.rs"]
mod reference;

/// A time of the years 1 to 9999 with nanoseconds, more often near our days and around the change to summer time.
fn moments() -> impl Strategy<Value = NaiveDateTime> {
    let seconds = prop_oneof![
        1 => Timestamp::MIN.us() / 1_000_000 + 100_000..Timestamp::MAX.us() / 1_000_000 - 100_000,
        3 => -2_000_000_000_i64..4_000_000_000,
        1 => 1_585_440_000_i64..1_585_450_000,
        1 => 1_603_580_000_i64..1_603_600_000,
        1 => -5_000_i64..5_000,
    ];
    (seconds, 0_u32..1_000_000_000).prop_map(|(s, ns)| DateTime::from_timestamp(s, ns).unwrap().naive_utc())
}

/// A valid text in one of the written forms, made by chrono.
fn written_texts() -> impl Strategy<Value = String> {
    let separators = prop::sample::select(vec![" ", "T", "t", ":"]);
    let offsets = prop::sample::select(vec![
        "",
        "",
        "Z",
        "z",
        " Z",
        "%z",
        "%:z",
        " %z",
        " %:z",
        "+01",
        "-11",
        "+00",
        "-00:00",
        " UTC",
        "UTC",
        " GMT",
        " +0000 UTC",
        "+00:00 GMT",
    ]);
    let padding =
        prop::sample::select(vec![("", ""), ("", ""), ("", ""), (" ", "  "), ("[", "]"), (" [", "]")]);
    (moments(), separators, 0_usize..=11, offsets, -86_399_i32..86_400, padding).prop_map(
        |(local, separator, digits, offset, east_s, (before, behind))| {
            // A colon stands behind the dates of web servers.
            let date = local.format(if separator == ":" { "%d/%b/%Y" } else { "%Y-%m-%d" });
            let clock = match digits {
                0 => local.format("%H:%M").to_string(),
                10 => return format!("{before}{date}{behind}"),
                11 => local.format("%H:%M:60.%f").to_string(),
                1 => local.format("%H:%M:%S").to_string(),
                _ => local.format("%H:%M:%S.%f").to_string()[..9 + digits - 1].to_owned(),
            };
            let offset = match FixedOffset::east_opt(east_s / 60 * 60) {
                Some(east) if offset.contains('%') => {
                    east.from_local_datetime(&local).unwrap().format(offset).to_string()
                }
                _ => offset.to_owned(),
            };
            format!("{before}{date}{separator}{clock}{offset}{behind}")
        },
    )
}

fn numbers() -> impl Strategy<Value = String> {
    let plain = (any::<i64>(), 0_u32..18).prop_map(|(n, shift)| (n / 10_i64.pow(shift)).to_string());
    let fractions =
        (-100_000_000_010_i64..100_000_000_010, "[0-9]{0,10}").prop_map(|(n, f)| format!("{n}.{f}"));
    let small = (-100_000_i64..100_000, "[0-9]{1,9}").prop_map(|(n, f)| format!("{n}.{f}"));
    prop_oneof![
        plain,
        fractions,
        small,
        "-?[0-9]{1,20}",
        "0{0,9}[0-9]{10}",
        "(19|20)[0-9]{2}[01][0-9][0-3][0-9]([0-2][0-9][0-5][0-9]([0-6][0-9])?)?",
        "-0\\.[0-9]{1,9}",
        "-?[0-9]{1,3}(\\.[0-9]{0,12})?[eE]\\+?[0-9]{1,2}"
    ]
}

/// One byte changed, inserted, removed or doubled: mostly into what has a meaning in times.
fn damaged(texts: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![prop::sample::select(b"0123456789:-+.TtZzeE ,/[]\"".to_vec()), any::<u8>()];
    let damage = (any::<prop::sample::Index>(), 0..3, byte);
    (texts, prop::collection::vec(damage, 0..3)).prop_map(|(text, damages)| {
        let mut bytes = text.into_bytes();
        for (index, kind, byte) in damages {
            let at = index.index(bytes.len() + 1);
            match kind {
                0 => bytes.insert(at, byte),
                1 if at < bytes.len() => bytes[at] = byte,
                2 if at < bytes.len() => drop(bytes.remove(at)),
                _ => {}
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn every_written_form_is_what_chrono_says(text in written_texts(), zone in prop::sample::select(&ZONES)) {
        let read = TimeParser::new(&TimeFormat::Auto, zone).parse(text.as_bytes());
        prop_assert_ne!(read, Err(NotATime::Unreadable), "{}", text);
        prop_assert_eq!(read.map(Timestamp::us), reference::read(text.as_bytes(), zone), "{}", text);
    }

    #[test]
    fn damage_and_garbage_are_judged_as_the_reference_does(
        texts in prop::collection::vec(prop_oneof![
            8 => damaged(written_texts()),
            4 => damaged(numbers()),
            1 => prop::collection::vec(any::<u8>(), 0..40),
            2 => "[0-9:.+TZ -]{0,32}".prop_map(String::into_bytes),
        ], 1..8),
        zone in prop::sample::select(&ZONES),
    ) {
        // One parser for all: what it keeps of one text must not reach the next.
        let mut parser = TimeParser::new(&TimeFormat::Auto, zone);
        for text in texts {
            let read = parser.parse(&text).map(Timestamp::us);
            prop_assert_eq!(read, reference::read(&text, zone), "{}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn a_log_that_runs_through_a_change_of_the_clock(zone in prop::sample::select(&ZONES), moment in moments(),
            steps_s in prop::collection::vec(0_i64..2_000, 1..20)) {
        let mut parser = TimeParser::new(&TimeFormat::Auto, zone);
        let mut local = moment;
        for step_s in steps_s {
            local += chrono::TimeDelta::seconds(step_s);
            let text = local.format("%Y-%m-%d %H:%M:%S").to_string();
            prop_assert_eq!(parser.parse(text.as_bytes()).map(Timestamp::us), reference::read(text.as_bytes(), zone));
        }
    }

    #[test]
    fn a_pattern_reads_what_chrono_wrote(moment in moments(), zone in prop::sample::select(&ZONES)) {
        let expected = Ok(moment.and_utc().timestamp_micros());
        // chrono writes a negative %s but does not read it.
        let after_epoch = (moment.and_utc().timestamp() >= 0).then_some("%s%.f");
        for pattern in ["%d/%b/%Y:%H:%M:%S%.f %z", "%Y%m%d%H%M%S%.9f%:z"].into_iter().chain(after_epoch) {
            let text = moment.and_utc().format(pattern).to_string();
            prop_assert_eq!(verdict(pattern, zone, &text), expected, "{}", text);
        }
        let text = moment.format("%d.%m.%Y %I:%M:%S%.f %p").to_string();
        let local = zone.from_local_datetime(&moment).earliest().map(|moment| moment.timestamp_micros());
        prop_assert_eq!(verdict("%d.%m.%Y %I:%M:%S%.f %p", zone, &text), local.ok_or(NotATime::Impossible));
    }

    #[test]
    fn no_bytes_make_any_format_panic(bytes in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64), damaged(numbers()), damaged(written_texts()),
    ]) {
        for format in ["auto", "epoch-s", "epoch-ms", "epoch-us", "%Y-%m-%d %H:%M:%S%.f", "%s", "%c", "%+", "%G-W%V-%u"] {
            for zone in ZONES {
                let _ = TimeParser::new(&format.parse().unwrap(), zone).parse(&bytes);
            }
        }
    }

    #[test]
    fn no_pattern_makes_the_check_panic(pattern in "[%a-zA-Z0-9:.#+ -]{0,12}") {
        let _ = pattern.parse::<TimeFormat>();
    }
}

/// The quick readers look at eight bytes at once: no byte at any place may slip through.
#[test]
fn every_other_byte_at_every_place() {
    let mut parser = TimeParser::new(&TimeFormat::Auto, Tz::UTC);
    for text in [
        "2020-01-28 19:39:49.123Z",
        "2020-01-28T19:39:49",
        "2019-09-09",
        "1577836920",
        "1577836920123456",
        "28/Jan/2020:19:39:49 -0130",
    ] {
        for (at, byte) in (0..text.len()).flat_map(|at| (0..=u8::MAX).map(move |byte| (at, byte))) {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = byte;
            let read = parser.parse(&bytes).map(Timestamp::us);
            assert_eq!(read, reference::read(&bytes, Tz::UTC), "{}", bytes.escape_ascii());
        }
    }
}

#[test]
fn special_cases_of_auto() {
    use NotATime::{Impossible, Unreadable};
    for (text, expected) in [
        ("2020-01-01 00:02", us("2020-01-01T00:02:00Z")),
        ("2020-01-01T00:02Z", us("2020-01-01T00:02:00Z")),
        ("2020-01-01", us("2020-01-01T00:00:00Z")),
        ("  2020-01-01 00:02:00 ", us("2020-01-01T00:02:00Z")),
        ("2020-01-01 00:02:00.9999999", us("2020-01-01T00:02:00.999999Z")),
        ("1969-12-31 23:59:59.999999999", Ok(-1)),
        ("2020-01-01 00:02:00 +0100", us("2019-12-31T23:02:00Z")),
        ("2020-01-01 00:02:00-23:59", us("2020-01-02T00:01:00Z")),
        ("2020-01-01 00:02:00+24:00", Err(Impossible)),
        ("2020-01-01 00:02:00+01:60", Err(Impossible)),
        ("2020-01-01 00:02:00  +01", Err(Unreadable)),
        ("2020-01-01 00:02:00.", Err(Unreadable)),
        ("2020-01-01 00:02:00.1234567890", Err(Unreadable)),
        ("2020-1-1", Err(Unreadable)),
        ("", Err(Unreadable)),
        ("time", Err(Unreadable)),
        // Leap seconds: the next second, whatever the minute.
        ("2016-12-31 23:59:60", us("2017-01-01T00:00:00Z")),
        ("2016-12-31T23:59:60.5Z", us("2017-01-01T00:00:00.5Z")),
        ("2020-01-01 10:20:60", us("2020-01-01T10:21:00Z")),
        ("2016-12-31 23:59:61", Err(Impossible)),
        ("2020-01-01 00:60:00", Err(Impossible)),
        ("2020-01-01 24:00:00", Err(Impossible)),
        ("2020-02-31 00:00:00", Err(Impossible)),
        ("2020-13-01", Err(Impossible)),
        ("2020-00-10", Err(Impossible)),
        ("1900-02-29", Err(Impossible)),
        ("2000-02-29", us("2000-02-29T00:00:00Z")),
        ("2023-02-29 12:00:00", Err(Impossible)),
        ("2024-02-29 12:00:00", us("2024-02-29T12:00:00Z")),
        // The years 1 to 9999, as instants.
        ("0000-12-31 23:59:59", Err(Impossible)),
        ("0001-01-01 00:00:00", Ok(Timestamp::MIN.us())),
        ("0001-01-01 00:00:00+00:01", Err(Impossible)),
        ("9999-12-31 23:59:59.999999999", Ok(Timestamp::MAX.us())),
        ("9999-12-31 23:59:60", Err(Impossible)),
        ("10000-01-01 00:00:00", Err(Unreadable)),
        // Numbers.
        ("0", Ok(0)),
        ("1577836920", us("2020-01-01T00:02:00Z")),
        ("1577836920123", us("2020-01-01T00:02:00.123Z")),
        ("1577836920123456", us("2020-01-01T00:02:00.123456Z")),
        ("1577836920.1234567", us("2020-01-01T00:02:00.123456Z")),
        ("-1.5", Ok(-1_500_000)),
        ("-0.0000001", Ok(-1)),
        ("-1577836920123", us("1920-01-01T23:57:59.877Z")),
        ("99999999999", Ok(99_999_999_999_000_000)),
        ("100000000000", Ok(100_000_000_000_000)),
        ("99999999999999999", Ok(99_999_999_999_999_999)),
        ("100000000000000000", Ok(100_000_000_000_000)),
        ("1614844800250000999", us("2021-03-04T08:00:00.250Z")),
        ("9999999999999999999", Ok(9_999_999_999_999_999)),
        ("10000000000000000000", Err(Unreadable)),
        ("99999999999999999999999999", Err(Unreadable)),
        ("18446744073709551620", Err(Unreadable)),
        ("-99999999999", Err(Impossible)),
        ("1577836920123.5", Err(Unreadable)),
        ("1577836920.", Err(Unreadable)),
        (".5", Err(Unreadable)),
        ("+5", Err(Unreadable)),
        ("--5", Err(Unreadable)),
        ("1e9", Err(Unreadable)),
    ] {
        assert_eq!(verdict("auto", Tz::UTC, text), expected, "{text}");
    }
}

#[test]
fn times_of_web_servers() {
    use NotATime::{Impossible, Unreadable};
    for (text, expected) in [
        ("10/Oct/2000:13:55:36 -0700", us("2000-10-10T13:55:36-07:00")),
        ("[10/Oct/2000:13:55:36 -0700]", us("2000-10-10T13:55:36-07:00")),
        ("[10/oct/2000:13:55:36.123 +02:30]", us("2000-10-10T13:55:36.123+02:30")),
        ("29/Feb/2020:23:59:60 +0000", us("2020-03-01T00:00:00Z")),
        ("01/Jan/2020:00:02", us("2020-01-01T00:02:00Z")),
        ("31/Dec/2020", us("2020-12-31T00:00:00Z")),
        ("[2020-01-01 00:02:00]", us("2020-01-01T00:02:00Z")),
        ("[1577836920]", us("2020-01-01T00:02:00Z")),
        ("30/Feb/2020:00:00:00 +0000", Err(Impossible)),
        ("10/Oct/2000:13:55:36 -2400", Err(Impossible)),
        ("[10/Oct/2000:13:55:36 -0700", Err(Unreadable)),
        ("10/Oct/2000 13:55:36 -0700", Err(Unreadable)),
        ("10/Okt/2000:13:55:36 -0700", Err(Unreadable)),
        ("10/10/2000:13:55:36 -0700", Err(Unreadable)),
        ("1/Oct/2000:13:55:36 -0700", Err(Unreadable)),
    ] {
        assert_eq!(verdict("auto", Tz::UTC, text), expected, "{text}");
    }
}

#[test]
fn dates_without_separators_and_words_for_utc() {
    for (text, expected) in [
        // Dates without anything between; what is none counts from 1970.
        ("20200101", us("2020-01-01T00:00:00Z")),
        ("202001011530", us("2020-01-01T15:30:00Z")),
        ("20200101153059", us("2020-01-01T15:30:59Z")),
        ("19000101", us("1900-01-01T00:00:00Z")),
        ("20991231235959", us("2099-12-31T23:59:59Z")),
        ("21000101", Ok(21_000_101_000_000)),
        ("20200231", Ok(20_200_231_000_000)),
        ("202013011530", Ok(202_013_011_530_000)),
        ("2020010115", Ok(2_020_010_115_000_000)),
        // Words for UTC, and no others.
        ("2021-03-04 08:00:00 UTC", us("2021-03-04T08:00:00Z")),
        ("2021-03-04 08:00:00.5UTC", us("2021-03-04T08:00:00.5Z")),
        ("2021-03-04 08:00 GMT", us("2021-03-04T08:00:00Z")),
        ("2021-03-04 08:00:00.123456789 +0000 UTC", us("2021-03-04T08:00:00.123456Z")),
        ("2021-03-04 08:00:00 +00 GMT", us("2021-03-04T08:00:00Z")),
        ("2021-03-04 08:00:00 +0100 UTC", Err(NotATime::Unreadable)),
        ("2021-03-04 08:00:00 EST", Err(NotATime::Unreadable)),
        ("2021-03-04 08:00:00 UTC UTC", Err(NotATime::Unreadable)),
        ("2021-03-04 UTC", Err(NotATime::Unreadable)),
    ] {
        assert_eq!(verdict("auto", Tz::UTC, text), expected, "{text}");
    }
}

#[test]
fn paris_when_the_clock_changes() {
    for (text, expected) in [
        ("2020-03-29 01:59:59", us("2020-03-29T01:59:59+01:00")),
        ("2020-03-29 02:00:00", Err(NotATime::Impossible)),
        ("2020-03-29 02:59:59.9", Err(NotATime::Impossible)),
        ("2020-03-29 03:00:00", us("2020-03-29T03:00:00+02:00")),
        ("2020-03-29 02:30:00Z", us("2020-03-29T02:30:00Z")),
        ("2020-10-25 01:59:59", us("2020-10-25T01:59:59+02:00")),
        ("2020-10-25 02:00:00", us("2020-10-25T02:00:00+02:00")),
        ("2020-10-25 02:59:59.5", us("2020-10-25T02:59:59.5+02:00")),
        ("2020-10-25 03:00:00", us("2020-10-25T03:00:00+01:00")),
        ("2020-10-25", us("2020-10-25T00:00:00+02:00")),
        ("1577836920", us("2020-01-01T00:02:00Z")),
    ] {
        assert_eq!(verdict("auto", Tz::Europe__Paris, text), expected, "{text}");
    }
}

/// Newfoundland changed its clocks at one minute past midnight until 2011.
#[test]
fn a_clock_that_changes_in_the_middle_of_an_hour() {
    let mut parser = TimeParser::new(&TimeFormat::Auto, Tz::America__St_Johns);
    for (text, expected) in [
        ("2010-03-14 00:00:30", us("2010-03-14T00:00:30-03:30")),
        ("2010-03-14 00:01:00", Err(NotATime::Impossible)),
        ("2010-03-14 01:00:59", Err(NotATime::Impossible)),
        ("2010-03-14 01:01:00", us("2010-03-14T01:01:00-02:30")),
        ("2010-11-06 23:00:59", us("2010-11-06T23:00:59-02:30")),
        ("2010-11-06 23:01:00", us("2010-11-06T23:01:00-02:30")),
        ("2010-11-07 00:00:59", us("2010-11-07T00:00:59-02:30")),
        ("2010-11-07 00:01:00", us("2010-11-07T00:01:00-03:30")),
    ] {
        assert_eq!(parser.parse(text.as_bytes()).map(Timestamp::us), expected, "{text}");
    }
}

#[test]
fn stated_formats() {
    use NotATime::{Impossible, Unreadable};
    for (format, text, expected) in [
        ("epoch-s", "100000000000", us("5138-11-16T09:46:40Z")),
        ("epoch-s", " 1.25 ", Ok(1_250_000)),
        ("epoch-s", "253402300799", us("9999-12-31T23:59:59Z")),
        ("epoch-s", "253402300800", Err(Impossible)),
        ("epoch-s", "99999999999999999999", Err(Impossible)),
        ("epoch-s", "2020-01-01", Err(Unreadable)),
        ("epoch-ms", "1577836920", us("1970-01-19T06:17:16.920Z")),
        ("epoch-ms", "1.5", Err(Unreadable)),
        ("epoch-us", "-1", Ok(-1)),
        ("epoch-us", "1577836920123456", us("2020-01-01T00:02:00.123456Z")),
        ("%Y%m%d", "20200229", us("2020-02-28T23:00:00Z")),
        ("%Y%m%d", "20200231", Err(Impossible)),
        ("%Y%m%d", "2020022x", Err(Unreadable)),
        ("%a %Y-%m-%d", "Mon 2020-01-01", Err(Impossible)),
        ("%Y-%m-%d %z", "2020-02-29 -0100", us("2020-02-29T01:00:00Z")),
        ("%d/%b/%Y:%H:%M:%S %z", "01/Jan/2020:00:02:60 +0100", us("2019-12-31T23:03:00Z")),
        ("%d/%b/%Y:%H:%M:%S %z", "01/Jan/2020:24:00:00 +0100", Err(Impossible)),
        ("%Y-%m-%d %H:%M", "2020-03-29 02:30", Err(Impossible)),
        ("%Y-%m-%d %H:%M", "2020-10-25 02:30", us("2020-10-25T00:30:00Z")),
        ("%Y-%m-%d %H:%M %Z", "2020-07-01 02:30 CEST", Err(Unreadable)),
        ("%Y-%m-%d %H:%M %Z", "2020-07-01 02:30 UTC", us("2020-07-01T02:30:00Z")),
        ("%Y-%m-%d %H:%M %Z", "2020-07-01 02:30 GMT", us("2020-07-01T02:30:00Z")),
        ("%Y-%m-%d %H:%M:%S.%f", "2020-07-01 02:30:00.9", us("2020-07-01T00:30:00.9Z")),
        ("%Y-%m-%d %H:%M:%S.%f", "2020-07-01 02:30:00.000001", us("2020-07-01T00:30:00.000001Z")),
        ("%Y-%m-%d", "+10001-01-01", Err(Impossible)),
        ("%s", "1577836920", us("2020-01-01T00:02:00Z")),
    ] {
        assert_eq!(verdict(format, Tz::Europe__Paris, text), expected, "{format} {text}");
    }
}
