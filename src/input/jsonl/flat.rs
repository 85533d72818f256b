//! Lines that are flat objects of plain values, as most lines of logs are.
//!
//! Whatever else stands in a line (an escape, an object, a list, an exponent, a mistake) leaves the line to the reader of all
//! JSON, which is the reference: a property test holds one against the other.

use super::heads::Heads;
use super::members::Kind;
use super::plain::{PlainValue, blanks, plain_value};

/// The values of the members that are wanted, of one line. Its memory is kept from line to line.
#[derive(Debug, Default)]
pub(super) struct FlatCells {
    cells: Vec<PlainValue>,
    heads: Heads,
}

impl FlatCells {
    /// Replaces the content with the members of the first line of `text` that have one of `names`, which are the same in every
    /// call, and returns the length of the line without its end; `None` if it may be more than a flat object.
    pub(super) fn read(&mut self, text: &[u8], names: &[String]) -> Option<usize> {
        self.cells.clear();
        self.cells.resize(names.len(), PlainValue::default());
        let mut at = 0;
        for number in 0.. {
            let head = self.heads.read(number, text, at, names)?;
            let (value, end) = plain_value(text, head.end)?;
            at = blanks(text, end);
            // As everywhere the last of several members of one name holds.
            if let Some(position) = head.position {
                self.cells[position] = value;
            }
            if text.get(at) == Some(&b'}') {
                break;
            }
        }
        let end = blanks(text, at + 1);
        matches!(text[end..], [] | [b'\n' | b'\r'] | [b'\n', ..] | [b'\r', b'\n', ..]).then_some(end)
    }

    /// The bytes of a value in `line`, which was read. Empty if it is missing.
    #[inline]
    pub(super) fn get<'l>(&self, line: &'l [u8], position: usize) -> &'l [u8] {
        &line[self.cells[position].bytes.clone()]
    }

    /// Whether the value may be part of a key.
    #[inline]
    pub(super) fn may_be_key(&self, position: usize) -> bool {
        self.cells[position].kind != Kind::Other
    }
}
