//! Values in quotes, as servers write them: a quote or a backslash inside has a backslash before it, or is `\x22`.

/// The bytes between the quotes at the beginning of `text`, and what follows them: nothing, or a space; `None` if there is no
/// such value.
pub(super) fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.strip_prefix(b"\"")?;
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', &text[at..])?;
        if text[at] == b'"' {
            let rest = &text[at + 1..];
            return matches!(rest, [] | [b' ', ..]).then_some((&text[..at], rest));
        }
        at = (at + 2).min(text.len());
    }
}

/// Appends `value` without its escapes. A backslash before anything else is one.
pub(super) fn unescape(value: &[u8], out: &mut Vec<u8>) {
    let mut rest = value;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let (byte, length) = escaped(&rest[at + 1..]).unwrap_or((b'\\', 0));
        out.push(byte);
        rest = &rest[at + 1 + length..];
    }
    out.extend_from_slice(rest);
}

/// The byte that an escape stands for, of which `text` is what follows the backslash, and how long that is.
fn escaped(text: &[u8]) -> Option<(u8, usize)> {
    let byte = match *text.first()? {
        b'x' => return hexadecimal(text.get(1..3)?).map(|byte| (byte, 3)),
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'v' => 0x0B,
        same @ (b'"' | b'\\') => same,
        _ => return None,
    };
    Some((byte, 1))
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let value = digits.iter().try_fold(0, |value, byte| Some(value * 16 + digit(byte)?))?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_ends_at_the_first_quote_without_a_backslash() {
        assert_eq!(quoted(br#""a \" b" 1"#), Some((&br#"a \" b"#[..], &b" 1"[..])));
        assert_eq!(quoted(br#""a\\""#), Some((&br"a\\"[..], &b""[..])));
        for text in [&b""[..], b"a", b"\"", b"\"a", b"\"a\"b", br#""a\""#, br#""\"#] {
            assert_eq!(quoted(text), None, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn escapes_of_apache_and_nginx_are_their_bytes() {
        let read = |value: &[u8]| {
            let mut out = Vec::new();
            unescape(value, &mut out);
            out
        };
        assert_eq!(read(br#"\"\x22\x5C\\\t\xc3\xa4"#), "\"\"\\\\\tä".as_bytes());
        assert_eq!(read(br"a\qb\x2\"), br"a\qb\x2\");
    }

    proptest! {
        #[test]
        fn what_is_escaped_reads_back(value: Vec<u8>, with_letters: bool) {
            let mut written = b"\"".to_vec();
            for &byte in &value {
                match byte {
                    b'"' | b'\\' if with_letters => written.extend([b'\\', byte]),
                    b'"' | b'\\' | 0..=31 | 127..=255 => written.extend(format!("\\x{byte:02x}").bytes()),
                    plain => written.push(plain),
                }
            }
            written.extend(b"\" rest");
            let (inside, rest) = quoted(&written).unwrap();
            let mut read = Vec::new();
            unescape(inside, &mut read);
            prop_assert_eq!((read, rest), (value, &b" rest"[..]));
        }
    }
}
