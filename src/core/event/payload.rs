//! The payload of an event: its values besides key and time, packed in one fixed order.
#![expect(
    clippy::cast_possible_truncation,
    reason = "values are held against MAX_PAYLOAD_BYTES before they are packed"
)]

use super::short::{padded, push_piece};

/// The longest payload in bytes: its length is stored in two bytes.
pub const MAX_PAYLOAD_BYTES: usize = 65_535;

/// The bytes before each value: its length.
const LENGTH_BYTES: usize = 2;

/// Appends a value. Returns `false` and appends nothing if the payload would become too long.
#[must_use]
#[inline]
pub fn push_value(payload: &mut Vec<u8>, value: &[u8]) -> bool {
    if payload.len() + LENGTH_BYTES + value.len() > MAX_PAYLOAD_BYTES {
        return false;
    }
    let length = (value.len() as u16).to_le_bytes();
    if let Some(short) = padded(value) {
        let mut piece = [0; LENGTH_BYTES + 16];
        piece[..LENGTH_BYTES].copy_from_slice(&length);
        piece[LENGTH_BYTES..].copy_from_slice(&short);
        push_piece(payload, piece, LENGTH_BYTES + value.len());
    } else {
        payload.extend_from_slice(&length);
        payload.extend_from_slice(value);
    }
    true
}

/// Appends `values` as one value, which is packed in the same form. Returns `false` if the payload would become too long; then it is
/// not to be used.
#[must_use]
pub fn push_values<'v>(payload: &mut Vec<u8>, mut values: impl Iterator<Item = &'v [u8]>) -> bool {
    let start = payload.len();
    let fits = push_value(payload, b"") && values.all(|value| push_value(payload, value));
    let length = payload.len() - start - LENGTH_BYTES.min(payload.len() - start);
    if let Some(place) = payload.get_mut(start..).and_then(<[u8]>::first_chunk_mut::<LENGTH_BYTES>) {
        *place = (length as u16).to_le_bytes();
    }
    fits
}

/// The values of one event by place: those that the rules need, or those of the columns of an emitted event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Values<'p>(&'p [u8]);

impl<'p> Values<'p> {
    /// The values that were packed into `payload`.
    pub(crate) const fn of(payload: &'p [u8]) -> Self {
        Self(payload)
    }

    /// Returns the value at `place`, or an empty value if there is none. Linear in the place, which is small.
    pub fn get(self, place: usize) -> &'p [u8] {
        let mut rest = self.0;
        for _ in 0..place {
            rest = split_value(rest).1;
        }
        split_value(rest).0
    }

    /// Iterates over the values in order.
    pub fn iter(self) -> impl Iterator<Item = &'p [u8]> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (value, behind) = split_value(rest);
            (!std::mem::replace(&mut rest, behind).is_empty()).then_some(value)
        })
    }
}

fn split_value(payload: &[u8]) -> (&[u8], &[u8]) {
    let Some((length, rest)) = payload.split_first_chunk::<LENGTH_BYTES>() else { return (b"", b"") };
    rest.split_at_checked(usize::from(u16::from_le_bytes(*length))).unwrap_or((b"", b""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_was_packed_and_nothing_behind_it() {
        let mut payload = Vec::new();
        for value in [&b"landing"[..], b"", b"\x00\xFF"] {
            assert!(push_value(&mut payload, value));
        }
        let values = Values::of(&payload);
        assert_eq!([0, 1, 2, 3].map(|place| values.get(place)), [&b"landing"[..], b"", b"\x00\xFF", b""]);
        assert_eq!(values.iter().collect::<Vec<_>>(), [&b"landing"[..], b"", b"\x00\xFF"]);
        assert_eq!(Values::of(b"").iter().next(), None);
    }

    #[test]
    fn several_values_are_one_value_as_if_they_were_packed_before() {
        for values in [vec![], vec![&b""[..]], vec![b"a", b"", b"bc"]] {
            let mut inner = Vec::new();
            assert!(values.iter().all(|value| push_value(&mut inner, value)));
            let [mut one_by_one, mut at_once] = [b"\x01\0x".to_vec(), b"\x01\0x".to_vec()];
            assert!(push_value(&mut one_by_one, &inner) && push_values(&mut at_once, values.into_iter()));
            assert_eq!(at_once, one_by_one);
        }
        let long = vec![1; MAX_PAYLOAD_BYTES - 3 * LENGTH_BYTES];
        assert!(push_values(&mut Vec::new(), [&long[..], b""].into_iter()));
        assert!(!push_values(&mut Vec::new(), [&long[..], b"x"].into_iter()));
    }

    #[test]
    fn a_payload_has_an_end() {
        let mut payload = Vec::new();
        assert!(push_value(&mut payload, &vec![1; MAX_PAYLOAD_BYTES - LENGTH_BYTES]));
        assert!(!push_value(&mut payload, b""));
        assert!(!push_values(&mut payload, std::iter::empty()));
        assert_eq!(payload.len(), MAX_PAYLOAD_BYTES);
    }
}
