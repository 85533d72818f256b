//! Reads a text as a time, as chrono does.

use sessionize::Timestamp;
use sessionize::internals::{NotATime, TimeFormat, TimeParser};

#[path = "../../../src/input/time/reference.rs"]
mod reference;

const ZONES: [chrono_tz::Tz; 5] = [
    chrono_tz::UTC,
    chrono_tz::Europe::Paris,
    chrono_tz::America::St_Johns,
    chrono_tz::Australia::Lord_Howe,
    chrono_tz::Asia::Kathmandu,
];

/// The first byte picks a zone; the rest are texts, one a line, read one after the other by one parser.
pub fn check(data: &[u8]) -> bool {
    let Some((&zone, texts)) = data.split_first() else { return false };
    let zone = ZONES[usize::from(zone) % ZONES.len()];
    let mut parser = TimeParser::new(&TimeFormat::Auto, zone);
    let mut is_any_read = false;
    for text in texts.split(|&byte| byte == b'\n') {
        let read = parser.parse(text).map(Timestamp::us);
        is_any_read |= read.is_ok();
        assert_eq!(read, reference::read(text, zone), "{zone} {:?}", text.escape_ascii().to_string());
    }
    is_any_read
}
