//! What stands before the values of a line: mostly the same in each line of a file, so one comparison tells what was read before.

use super::plain::{blanks, plain_text};

/// The heads of the line that was read last, each the bytes from the end of a value to the next one: `,"name":`.
#[derive(Debug, Default)]
pub(super) struct Heads {
    /// One behind the other.
    bytes: Vec<u8>,
    known: Vec<KnownHead>,
}

/// A head that was read before.
#[derive(Debug, Clone, Copy)]
struct KnownHead {
    /// Where it ends among the bytes of all.
    end: usize,
    /// The position of its name among those that are wanted.
    position: Option<usize>,
}

/// A head in a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    /// Where the value begins behind it.
    pub(super) end: usize,
    /// The position of its name among those that are wanted.
    pub(super) position: Option<usize>,
}

impl Heads {
    /// The head of member `number`, from 0 on, which begins at `at` in `text`; `None` where it is none that is plain. Heads before
    /// it have been read in the same line.
    #[inline]
    pub(super) fn read(&mut self, number: usize, text: &[u8], at: usize, names: &[String]) -> Option<Head> {
        if let Some(&KnownHead { end, position }) = self.known.get(number) {
            let head = &self.bytes[self.start_of(number)..end];
            if text[at..].starts_with(head) {
                return Some(Head { end: at + head.len(), position });
            }
        }
        self.learn(number, text, at, names)
    }

    fn start_of(&self, number: usize) -> usize {
        number.checked_sub(1).map_or(0, |before| self.known[before].end)
    }

    /// Reads a head, and keeps it in the place of all from `number` on.
    #[inline(never)]
    fn learn(&mut self, number: usize, text: &[u8], at: usize, names: &[String]) -> Option<Head> {
        let start = self.start_of(number);
        self.known.truncate(number);
        self.bytes.truncate(start);
        let (name, end) = head(number == 0, text, at)?;
        let position = names.iter().position(|wanted| wanted.as_bytes() == name);
        self.bytes.extend_from_slice(&text[at..end]);
        self.known.push(KnownHead { end: self.bytes.len(), position });
        Some(Head { end, position })
    }
}

/// The name in a head, and where the head ends.
fn head(is_first: bool, text: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let at = byte(if is_first { b'{' } else { b',' }, text, blanks(text, at))?;
    let start = byte(b'"', text, blanks(text, at))?;
    let end = plain_text(text, start)?;
    let at = byte(b':', text, blanks(text, end + 1))?;
    Some((&text[start..end], blanks(text, at)))
}

/// Where `expected` ends, if it stands at `at`.
fn byte(expected: u8, text: &[u8], at: usize) -> Option<usize> {
    (*text.get(at)? == expected).then_some(at + 1)
}
