//! The values of a line without their escapes.

use super::line::{Fields, QUOTED};
use super::quoted::unescape;

/// Memory for the values of a line, kept from line to line.
#[derive(Debug, Default)]
pub struct Unescaped {
    bytes: Vec<u8>,
}

impl Unescaped {
    /// The `fields` of `line`, those in quotes without their escapes. Nothing is copied where there are none.
    #[inline]
    pub(super) fn take<'l>(&'l mut self, line: &[u8], fields: Fields<'l>) -> Fields<'l> {
        if memchr::memchr(b'\\', line).is_none() { fields } else { self.unescape(fields) }
    }

    fn unescape<'l>(&'l mut self, mut fields: Fields<'l>) -> Fields<'l> {
        self.bytes.clear();
        let places = QUOTED.map(|position| {
            let start = self.bytes.len();
            unescape(fields[position], &mut self.bytes);
            (position, start..self.bytes.len())
        });
        for (position, place) in places {
            fields[position] = &self.bytes[place];
        }
        fields
    }
}
