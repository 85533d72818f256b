//! Where the cells of a row go: behind each other as bytes, or into columns.

use crate::core::aggregates::Value;
use crate::core::session::SessionId;

/// Takes the cells of rows, one after the other, in the order of the columns.
pub(in crate::output) trait CellSink {
    /// A text of a user. An empty one is missing; bytes that are not UTF-8 become hexadecimal digits.
    fn text(&mut self, text: &[u8]);

    /// A text that is no name or value of a user: UTF-8, and not empty.
    fn own_text(&mut self, text: &[u8]);

    /// The id of a session.
    fn id(&mut self, id: SessionId) {
        self.own_text(&id.text());
    }

    /// An integer, or a time in microseconds.
    fn int(&mut self, number: i64);

    /// A floating-point number.
    fn double(&mut self, number: f64);

    /// The value of an aggregate.
    fn value(&mut self, value: &Value<'_>);
}

/// Counts end at the limit of a signed 64-bit number.
pub(in crate::output) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
