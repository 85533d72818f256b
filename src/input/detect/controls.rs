//! What the control bytes at the beginning of a file say of it: text in UTF-16, no text, or text with a hole in it.

use super::foreign::{IS_NO_LOG, Other};

const UTF_16_BIG_ENDIAN: Other = Other {
    first: b"",
    kind: "text in UTF-16 without a mark, or no text at all",
    remedy: "if it is text, make it UTF-8: iconv -f UTF-16BE -t UTF-8 FILE | sessionize run --batch -",
};

const UTF_16_LITTLE_ENDIAN: Other = Other {
    remedy: "if it is text, make it UTF-8: iconv -f UTF-16LE -t UTF-8 FILE | sessionize run --batch -",
    ..UTF_16_BIG_ENDIAN
};

const BINARY: Other = Other { first: b"", kind: "a binary file", remedy: IS_NO_LOG };

/// Text has fewer NUL bytes than one in this many.
const BYTES_PER_NUL: usize = 10;
/// Fewer NUL bytes than this, together or one behind the other, do not count.
const FEW_NULS: usize = 8;

/// Text has fewer different control bytes than this: delimiters, and what colours a terminal.
const FEW_CONTROLS: usize = 6;
/// What is not UTF-8 either has fewer control bytes than one in this many, if it is text.
const BYTES_PER_CONTROL: usize = 64;
/// And UTF-8 fewer than one in this many.
const BYTES_PER_CONTROL_IN_UTF_8: usize = 4;

/// UTF-16 without a mark. In text of mostly Latin letters, the NUL bytes are the first or the second halves of letters.
pub(super) fn utf_16(beginning: &[u8]) -> Option<Other> {
    let nuls = memchr::memchr_iter(0, beginning).count();
    if nuls <= FEW_NULS.max(beginning.len() / BYTES_PER_NUL) {
        return None;
    }
    let first_halves = memchr::memchr_iter(0, beginning).filter(|at| at % 2 == 0).count();
    let are_nearly_all = |halves: usize| halves * 16 >= nuls * 15;
    if are_nearly_all(first_halves) {
        Some(UTF_16_BIG_ENDIAN)
    } else {
        are_nearly_all(nuls - first_halves).then_some(UTF_16_LITTLE_ENDIAN)
    }
}

/// What has more control bytes, and more kinds of them, than any text.
pub(super) fn binary(beginning: &[u8]) -> Option<Other> {
    let mut counts = [0_usize; 256];
    let is_control = |byte: u8| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127);
    beginning.iter().filter(|byte| is_control(**byte)).for_each(|&byte| counts[usize::from(byte)] += 1);
    let kinds = counts.iter().filter(|count| **count > 0).count();
    let controls: usize = counts.iter().sum();
    // The last letter may be cut.
    let is_utf_8 = std::str::from_utf8(beginning).map_or_else(|error| error.error_len().is_none(), |_| true);
    let per_control = if is_utf_8 { BYTES_PER_CONTROL_IN_UTF_8 } else { BYTES_PER_CONTROL };
    (kinds >= FEW_CONTROLS && controls * per_control > beginning.len()).then_some(BINARY)
}

/// The line on which the first run of NUL bytes begins, from 1; `None` without one.
pub(super) fn nul_line(beginning: &[u8]) -> Option<usize> {
    let start = memchr::memmem::find(beginning, &[0; FEW_NULS + 1])?;
    Some(1 + memchr::memchr_iter(b'\n', &beginning[..start]).count())
}

/// The length of the beginning without NUL bytes at its end, and without the row that they cut.
pub(super) fn allocated_ahead(beginning: &[u8]) -> usize {
    if beginning.last() != Some(&0) {
        return beginning.len();
    }
    let text = beginning.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
    memchr::memrchr(b'\n', &beginning[..text]).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_in_a_text_is_found_by_its_line_and_is_not_utf_16() {
        let torn = |nuls: usize| [&b"a,1\nb,2\n"[..], &vec![0; nuls], b"c,3\n"].concat();
        for nuls in [9, 10, 1000] {
            assert_eq!(nul_line(&torn(nuls)), Some(3), "{nuls}");
            assert!(utf_16(&torn(nuls)).is_none() && binary(&torn(nuls)).is_none(), "{nuls}");
        }
        assert_eq!(nul_line(&torn(8)), None);
        assert_eq!(nul_line(&[0; 20]), Some(1));
    }

    #[test]
    fn what_is_allocated_ahead_begins_behind_the_last_whole_row() {
        assert_eq!(allocated_ahead(b"a,1\nb,\0\0\0"), 4);
        assert_eq!(allocated_ahead(b"a,1\n\0"), 4);
        assert_eq!(allocated_ahead(b"a,1\nb,2"), 7);
        assert_eq!(allocated_ahead(b"\0\0"), 0);
    }

    #[test]
    fn bytes_of_all_kinds_are_no_text_and_delimiters_of_all_kinds_are() {
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        let bytes: Vec<u8> = (0..300).map(|_| random()).collect();
        assert!(binary(&bytes).is_some());
        // The Hive delimiters, in Latin-1, with colours.
        let text = b"us\xE9r\x012020-01-01\x02a\x03b\x1B[0m\x07\n".repeat(30);
        assert!(binary(&text).is_none());
        let every_control: Vec<u8> = (0..32).flat_map(|byte| [b'a', b'b', b'c', b'd', b'e', byte]).collect();
        assert!(binary(&every_control).is_none(), "UTF-8, and mostly letters");
    }
}
