//! The values of a line without their escapes.

use super::line::{Fields, QUOTED, present};
use super::quoted::unescape;

/// Memory for the values of a line, kept from line to line.
#[derive(Debug, Default)]
pub struct Unescaped {
    bytes: Vec<u8>,
}

impl Unescaped {
    /// The values of the `fields` of `line`, those in quotes without their escapes; `None` where there are no escapes.
    #[inline]
    pub(super) fn values<'l>(&'l mut self, line: &[u8], fields: &Fields<'l>) -> Option<Fields<'l>> {
        memchr::memchr(b'\\', line)?;
        Some(self.unescape(fields.map(present)))
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
