//! Finds rows with too many fields before their fields are collected, which would take many times the memory of the row.

use super::dialect::Dialect;
use std::ops::Range;

/// The first row of `bytes` with more than `most` fields, including its line end. Linear, without a table. Too few bytes are
/// not searched at all.
pub(super) fn first_wide_row(bytes: &[u8], dialect: Dialect, most: usize) -> Option<Range<usize>> {
    if bytes.len() < most {
        return None;
    }
    let (mut at, mut start, mut fields) = (0, 0, 1);
    while let Some(found) = memchr::memchr3(b'"', b'\n', dialect.delimiter, &bytes[at..]) {
        let position = at + found;
        at = position + 1;
        match bytes[position] {
            b'\n' if fields > most => return Some(start..at),
            b'\n' => (start, fields) = (at, 1),
            // As everywhere, a quote opens a field only as its first byte.
            b'"' if position == start || bytes[position - 1] == dialect.delimiter => {
                match dialect.closing_quote(bytes, at) {
                    Some(close) => at = close + 1,
                    None => break,
                }
            }
            b'"' => {}
            _ => fields += 1,
        }
    }
    (fields > most).then_some(start..bytes.len())
}

#[cfg(test)]
mod tests {
    use super::super::reference::csv_reader;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_inside_quotes_are_none() {
        let rows = b"a,b\n\"1,2,3\n,4\",c\n\n1,2,3\r\nx";
        assert_eq!(
            first_wide_row(rows, Dialect::default(), 2).map(|row| &rows[row]),
            Some(&b"1,2,3\r\n"[..])
        );
        assert_eq!(first_wide_row(rows, Dialect::default(), 3), None);
        assert_eq!(first_wide_row(b"a,\"b,c", Dialect::default(), 1), Some(0..6));
    }

    proptest! {
        #[test]
        fn it_is_the_row_that_the_csv_crate_finds(
            bytes in proptest::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'x')], 0..60),
            most in 1_usize..4,
        ) {
            let mut reader = csv_reader(&bytes, b',');
            let mut record = csv::ByteRecord::new();
            let mut expected = None;
            while expected.is_none() && reader.read_byte_record(&mut record).unwrap() {
                let end = usize::try_from(reader.position().byte()).unwrap();

                expected = (record.len() > most).then_some(end);
            }
            prop_assert_eq!(first_wide_row(&bytes, Dialect::default(), most).map(|row| row.end), expected);
        }
    }
}
