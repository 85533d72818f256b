//! The fields of one row, in any dialect.

use super::dialect::{Dialect, unquote};

/// The fields of a row without their quotes. They are filled again for each row, and keep their memory.
#[derive(Debug, Default)]
pub(super) struct Fields {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Fields {
    /// Replaces the content with the fields of the first row of `rows`. Returns where that row ends, including its line end.
    pub(super) fn read(&mut self, rows: &[u8], dialect: Dialect) -> usize {
        self.bytes.clear();
        self.ends.clear();
        let mut at = 0;
        loop {
            if rows.get(at) == Some(&b'"') {
                let close = dialect.closing_quote(rows, at + 1).unwrap_or(rows.len());
                unquote(&rows[at + 1..close], dialect.escapes, &mut self.bytes);
                at = rows.len().min(close + 1);
            }
            let found = memchr::memchr2(dialect.delimiter, b'\n', &rows[at..]);
            let end = found.map_or(rows.len(), |found| at + found);
            let is_last = rows.get(end).is_none_or(|&byte| byte == b'\n');
            let plain = &rows[at..end];
            // The carriage return before a line end does not belong to a field.
            let plain = if is_last { plain.strip_suffix(b"\r").unwrap_or(plain) } else { plain };
            self.bytes.extend_from_slice(plain);
            self.ends.push(self.bytes.len());
            at = rows.len().min(end + 1);
            if is_last {
                return at;
            }
        }
    }

    /// The number of fields.
    pub(super) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// The field at `position`.
    pub(super) fn get(&self, position: usize) -> &[u8] {
        let start = position.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[position]]
    }

    /// All fields.
    pub(super) fn to_vec(&self) -> Vec<Vec<u8>> {
        (0..self.len()).map(|position| self.get(position).to_vec()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::reference::csv_reader;
    use super::*;
    use proptest::prelude::*;

    fn rows(mut text: &[u8], dialect: Dialect) -> Vec<Vec<Vec<u8>>> {
        let (mut fields, mut rows) = (Fields::default(), Vec::new());
        while !text.is_empty() {
            text = &text[fields.read(text, dialect)..];
            rows.push(fields.to_vec());
        }
        rows
    }

    #[test]
    fn the_last_field_may_be_empty_and_a_quoted_one_may_hold_anything() {
        let text = b"a,\n\"b,\n\\\"c\\n\",\"\"\r\n,";
        let dialect = Dialect { escapes: true, ..Dialect::default() };
        let expected: [[&[u8]; 2]; 3] = [[b"a", b""], [b"b,\n\"c\\n", b""], [b"", b""]];
        assert_eq!(rows(text, dialect), expected.map(|row| row.map(<[u8]>::to_vec).to_vec()));
    }

    proptest! {
        #[test]
        fn without_escapes_they_are_those_of_the_csv_crate(
            text in proptest::collection::vec(
                prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'x')], 0..40),
        ) {
            let ours = rows(&text, Dialect::default()).into_iter().filter(|row| *row != [b""]);
            // To the crate a row of one empty field in quotes is no blank line.
            let theirs = csv_reader(&text, b',').into_byte_records().map(Result::unwrap);
            let theirs = theirs.map(|row| row.iter().map(<[u8]>::to_vec).collect::<Vec<_>>());
            prop_assert!(ours.eq(theirs.filter(|row| *row != [b""])));
        }
    }
}
