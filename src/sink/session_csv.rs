//! Sessions as CSV rows.

use crate::event::key_parts;
use crate::session::Session;

const SECOND_US: u64 = 1_000_000;

/// The header row: `session_id`, the key columns, `start,end,duration_s,events,closed_by`.
pub fn sessions_header(key_names: &[String]) -> Vec<u8> {
    let mut header = b"session_id,".to_vec();
    for name in key_names {
        write_field(name.as_bytes(), &mut header);
        header.push(b',');
    }
    header.extend_from_slice(b"start,end,duration_s,events,closed_by\n");
    header
}

/// Appends the row of one session, its key in `key_columns` columns.
pub fn write_session(session: &Session<'_>, key_columns: usize, out: &mut Vec<u8>) {
    session.id().write(out);
    for part in key_parts(session.key, key_columns) {
        out.push(b',');
        write_field(part, out);
    }
    out.push(b',');
    session.start.write_rfc3339(out);
    out.push(b',');
    session.end.write_rfc3339(out);
    out.push(b',');
    write_seconds(session.duration_us().unsigned_abs(), out);
    out.push(b',');
    out.extend_from_slice(itoa::Buffer::new().format(session.events).as_bytes());
    out.push(b',');
    out.extend_from_slice(session.closed_by.name().as_bytes());
    out.push(b'\n');
}

/// Appends a field, quoted where RFC 4180 asks for it.
pub fn write_field(field: &[u8], out: &mut Vec<u8>) {
    if !field.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(field);
        return;
    }
    out.push(b'"');
    for &byte in field {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Seconds, with six fraction digits only where they are not zero.
fn write_seconds(us: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(us / SECOND_US).as_bytes());
    let fraction = us % SECOND_US;
    if fraction != 0 {
        out.extend_from_slice(format!(".{fraction:06}").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Timestamp;
    use crate::session::{ClosedBy, OpenSession};
    use proptest::prelude::*;

    fn row(key: &[u8], columns: usize, last_us: i64) -> String {
        let at = |us| Timestamp::from_us(us).unwrap();
        let open = OpenSession { start: at(0), last: at(last_us), events: 12 };
        let mut out = Vec::new();
        write_session(&open.close(key, ClosedBy::Gap), columns, &mut out);
        String::from_utf8(out).unwrap().split_off(36)
    }

    #[test]
    fn a_row_has_the_columns_of_the_header() {
        assert_eq!(
            sessions_header(&["user".into()]),
            b"session_id,user,start,end,duration_s,events,closed_by\n"
        );
        assert_eq!(row(b"ann", 1, 60_000_000), ",ann,1970-01-01T00:00:00Z,1970-01-01T00:01:00Z,60,12,gap\n");
        assert_eq!(
            row(b"ann", 1, 1),
            ",ann,1970-01-01T00:00:00Z,1970-01-01T00:00:00.000001Z,0.000001,12,gap\n"
        );
    }

    #[test]
    fn a_composite_key_fills_its_columns() {
        assert!(row(b"ann\x1eshop", 2, 0).starts_with(",ann,shop,1970"));
        assert!(row(b"ann\x1eshop", 1, 0).starts_with(",ann\x1eshop,1970"));
    }

    proptest! {
        #[test]
        fn a_csv_reader_gets_every_field_back(fields in proptest::collection::vec(any::<Vec<u8>>(), 2..4)) {
            let mut line = Vec::new();
            for field in &fields {
                write_field(field, &mut line);
                line.push(b',');
            }
            line.extend_from_slice(b"end\n");
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&line[..]);
            let record = reader.byte_records().next().unwrap().unwrap();
            let read: Vec<&[u8]> = record.iter().take(fields.len()).collect();
            prop_assert_eq!(read, fields);
        }
    }
}
