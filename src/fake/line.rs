//! Rows to text.

use super::row::Row;
use super::settings::FakeKeys;
use super::user_key::write_key;
use crate::core::event::Timestamp;
use std::io::{self, Write};

/// The number of pages, all equally likely.
pub(super) const PAGES: u8 = 64;

/// 2020-01-01T00:00:00Z.
const START: Timestamp = match Timestamp::from_us(1_577_836_800_000_000) {
    Some(time) => time,
    None => Timestamp::MIN,
};

/// The bytes that are collected before they are written.
const BUFFER_BYTES: usize = 64 * 1024;

/// Writes rows, many at a time.
pub(super) struct LineWriter<'a, W> {
    out: &'a mut W,
    keys: FakeKeys,
    buffer: Vec<u8>,
    /// `,pageview,/listing/b` and the line end, by page.
    pages: Vec<String>,
    /// The last second that was written, and its text between commas.
    second: Option<u64>,
    time: Vec<u8>,
}

impl<'a, W: Write> LineWriter<'a, W> {
    pub(super) fn new(out: &'a mut W, keys: FakeKeys) -> Self {
        let buffer = Vec::with_capacity(BUFFER_BYTES + 256);
        Self { out, keys, buffer, pages: (0..PAGES).map(page).collect(), second: None, time: Vec::new() }
    }

    pub(super) fn write_all(&mut self, rows: impl Iterator<Item = Row>) -> io::Result<()> {
        for row in rows {
            self.push(row);
            if self.buffer.len() >= BUFFER_BYTES {
                self.out.write_all(&self.buffer)?;
                self.buffer.clear();
            }
        }
        Ok(())
    }

    /// Writes the rest.
    pub(super) fn finish(self) -> io::Result<()> {
        self.out.write_all(&self.buffer)
    }

    fn push(&mut self, row: Row) {
        if self.second != Some(row.second) {
            self.second = Some(row.second);
            write_time(row.second, &mut self.time);
        }
        write_key(self.keys, row.user, &mut self.buffer);
        self.buffer.extend_from_slice(&self.time);
        self.buffer.extend_from_slice(self.pages[usize::from(row.page)].as_bytes());
    }
}

/// `,2020-01-01 00:02:00,`: RFC 3339 with other separators.
fn write_time(second: u64, text: &mut Vec<u8>) {
    let after_us = i64::try_from(second).unwrap_or(i64::MAX).saturating_mul(1_000_000);
    text.clear();
    text.push(b',');
    START.saturating_add_us(after_us).write_rfc3339(text);
    for byte in text {
        *byte = match *byte {
            b'T' => b' ',
            b'Z' => b',',
            other => other,
        };
    }
}

/// The event on a page: mostly page views, some searches, few purchases.
fn page(index: u8) -> String {
    match index {
        0..6 => "pageview,/\n".to_owned(),
        6..32 => format!("pageview,/listing/{}\n", char::from(b'a' + index - 6)),
        32..52 => format!("pageview,/product/{}\n", index - 31),
        52..58 => "search,/search\n".to_owned(),
        58..63 => "add_to_cart,/cart\n".to_owned(),
        _ => "purchase,/checkout\n".to_owned(),
    }
}
