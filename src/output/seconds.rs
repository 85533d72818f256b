//! Durations as numbers of seconds.

const SECOND_US: u64 = 1_000_000;

/// Appends seconds, with six fraction digits unless the fraction is zero.
pub(super) fn write_seconds(us: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(us / SECOND_US).as_bytes());
    let fraction = us % SECOND_US;
    if fraction != 0 {
        out.extend_from_slice(format!(".{fraction:06}").as_bytes());
    }
}
