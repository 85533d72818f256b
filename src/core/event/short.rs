//! Copies of short texts. Most keys and values are short: a call to copy them would cost more than the copy.

/// Texts up to this length are copied in pieces of fixed length. A UUID has 36 characters.
pub(super) const SHORT_BYTES: usize = 48;

/// Copies a text of at most [`SHORT_BYTES`] to the start of `to`, as two or three pieces of fixed length that may overlap: this needs
/// neither a loop nor a call. A longer text is left out.
#[inline]
pub(super) fn copy_short(from: &[u8], to: &mut [u8]) {
    let length = from.len();
    match length {
        0..4 => to[..length].copy_from_slice(from),
        4..8 => copy_ends::<4>(from, to),
        8..16 => copy_ends::<8>(from, to),
        16..32 => copy_ends::<16>(from, to),
        32..=SHORT_BYTES => {
            copy_ends::<16>(from, to);
            to[16..32].copy_from_slice(&from[16..32]);
        }
        _ => {}
    }
}

/// Copies the first and the last `N` bytes.
#[inline]
fn copy_ends<const N: usize>(from: &[u8], to: &mut [u8]) {
    if let (Some(head), Some(tail)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) {
        to[..N].copy_from_slice(head);
        to[from.len() - N..from.len()].copy_from_slice(tail);
    }
}

/// The text, padded with zeros, if it has less than 16 bytes.
#[inline]
pub fn padded(text: &[u8]) -> Option<[u8; 16]> {
    let mut padded = [0; 16];
    match text.len() {
        0..4 => text.iter().zip(&mut padded).for_each(|(&byte, place)| *place = byte),
        4..8 => copy_ends::<4>(text, &mut padded),
        8..16 => copy_ends::<8>(text, &mut padded),
        _ => return None,
    }
    Some(padded)
}

/// Appends the first `length` bytes of `piece`.
#[inline]
pub fn push_piece<const N: usize>(out: &mut Vec<u8>, piece: [u8; N], length: usize) {
    let end = out.len() + length;
    out.extend_from_slice(&piece);
    out.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_are_copied() {
        for length in 0..60 {
            let text: Vec<u8> = (1..=length).collect();
            let mut copy = vec![0; 64];
            copy_short(&text, &mut copy);
            if text.len() <= SHORT_BYTES {
                assert_eq!(copy[..text.len()], text);
            }
            let padded = padded(&text);
            assert_eq!(padded.is_some(), text.len() < 16);
            if let Some(padded) = padded {
                assert!(padded.starts_with(&text) && padded[text.len()..].iter().all(|byte| *byte == 0));
                let mut out = b"before".to_vec();
                push_piece(&mut out, padded, text.len());
                assert_eq!(out, [b"before", &text[..]].concat());
            }
        }
    }
}
