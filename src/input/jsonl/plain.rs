//! Values that are bytes of their line: texts without escapes, numbers without exponents, words.

use super::members::Kind;
use ::wide::u8x16;
use std::ops::Range;

/// Bytes that are looked at together.
const CHUNK_BYTES: usize = 16;

/// A value, and where its bytes stand in the text.
#[derive(Debug, Clone, Default)]
pub(super) struct PlainValue {
    pub(super) kind: Kind,
    pub(super) bytes: Range<usize>,
}

/// Where the blanks end that begin at `at`.
#[inline]
pub(super) fn blanks(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| **byte == b' ').count()
}

/// The value at `at`, and where it ends; `None` if there is none that is plain.
#[inline]
pub(super) fn plain_value(text: &[u8], at: usize) -> Option<(PlainValue, usize)> {
    match text.get(at)? {
        b'"' => {
            let end = plain_text(text, at + 1)?;
            Some((PlainValue { kind: Kind::Plain, bytes: at + 1..end }, end + 1))
        }
        b'-' | b'0'..=b'9' => number(text, at),
        b't' => word(b"true", Kind::Plain, text, at),
        b'f' => word(b"false", Kind::Plain, text, at),
        _ => word(b"null", Kind::Missing, text, at),
    }
}

/// Where the quote stands that ends the text which begins at `start`; `None` if anything in it means something else than itself, or
/// is not allowed.
#[inline]
pub(super) fn plain_text(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    let mut is_ascii = true;
    loop {
        let bytes = u8x16::new(chunk(text.get(at..)?));
        let control = bytes.min(u8x16::splat(0x1F)).simd_eq(bytes);
        let odd = bytes.simd_eq(u8x16::splat(b'"')) | bytes.simd_eq(u8x16::splat(b'\\')) | control;
        is_ascii &= bytes.to_bitmask() == 0;
        let odd = odd.to_bitmask();
        if odd != 0 {
            let end = at + odd.trailing_zeros() as usize;
            let is_valid = is_ascii || std::str::from_utf8(text.get(start..end)?).is_ok();
            return (is_valid && text.get(end) == Some(&b'"')).then_some(end);
        }
        at += CHUNK_BYTES;
    }
}

/// The first bytes of `text`; behind its end stand bytes that no text may have.
#[inline]
fn chunk(text: &[u8]) -> [u8; CHUNK_BYTES] {
    text.first_chunk().copied().unwrap_or_else(|| {
        let mut chunk = [0; CHUNK_BYTES];
        chunk[..text.len()].copy_from_slice(text);
        chunk
    })
}

fn word(word: &[u8], kind: Kind, text: &[u8], at: usize) -> Option<(PlainValue, usize)> {
    let end = at + word.len();
    let bytes = if kind == Kind::Missing { 0..0 } else { at..end };
    text[at..].starts_with(word).then_some((PlainValue { kind, bytes }, end))
}

/// A number without an exponent.
fn number(text: &[u8], start: usize) -> Option<(PlainValue, usize)> {
    let first = start + usize::from(text[start] == b'-');
    let end = digits(text, first)?;
    let begins_with_zero = text[first] == b'0';
    if begins_with_zero && end > first + 1 {
        return None;
    }
    if text.get(end) == Some(&b'.') {
        let end = digits(text, end + 1)?;
        return Some((PlainValue { kind: Kind::Other, bytes: start..end }, end));
    }
    // The one integer that can be written in two ways is -0.
    let start = if begins_with_zero { first } else { start };
    Some((PlainValue { kind: Kind::Plain, bytes: start..end }, end))
}

/// Where the digits end that begin at `at`; `None` if there are none.
fn digits(text: &[u8], at: usize) -> Option<usize> {
    let count = text.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then_some(at + count)
}
