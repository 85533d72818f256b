//! The Huffman code for the texts of session ids, as zstd describes codes (RFC 8878, section 4.2).

/// What a symbol, or some of them, become: the lowest `count` of `bits`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code {
    bits: u64,
    count: usize,
}

/// The bits of the longest code.
const LONGEST: u8 = 5;

/// The symbol with the greatest number.
const LAST: u8 = b'f';

/// The bits of a symbol; none if no text has it. Of the 40 bytes of a text, four are dashes; three are zeros of its length, and one is
/// a dollar sign (36). The others are digits. One of them is always 5, the version, and one 8, 9, a or b, the variant.
const fn bits_of(symbol: u8) -> u8 {
    match symbol {
        b'-' => 3,
        0 | b'0'..=b'3' | b'5' | b'8' | b'9' | b'a' | b'b' => 4,
        b'$' | b'4' | b'6' | b'7' | b'c'..=LAST => 5,
        _ => 0,
    }
}

/// The codes: those of the longest symbols are the least numbers, in the order of the symbols.
const CODES: [Code; LAST as usize + 1] = {
    let mut codes = [Code { bits: 0, count: 0 }; LAST as usize + 1];
    let mut next = 0;
    let mut count = LONGEST;
    while count > 0 {
        let mut symbol = 0;
        while symbol <= LAST {
            if bits_of(symbol) == count {
                codes[symbol as usize] = Code { bits: next, count: count as usize };
                next += 1;
            }
            symbol += 1;
        }
        next >>= 1;
        count -= 1;
    }
    codes
};

/// A dash.
pub(super) const DASH: Code = CODES[b'-' as usize];

/// The length of a text: 36, and three zeros.
pub(super) const LENGTH: Code = {
    let zero = CODES[0];
    CODES[36].before(zero.before(zero.before(zero)))
};

/// The two digits of a byte.
pub(super) static PAIRS: [Code; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut pairs = [DASH; 256];
    let mut byte = 0;
    while byte < pairs.len() {
        let (high, low) = (DIGITS[byte / 16], DIGITS[byte % 16]);
        pairs[byte] = CODES[high as usize].before(CODES[low as usize]);
        byte += 1;
    }
    pairs
};

impl Code {
    /// This and then another one. What comes last stands in the lowest bits: a stream is read from its end.
    const fn before(self, next: Self) -> Self {
        Self { bits: next.bits | self.bits << next.count, count: self.count + next.count }
    }
}

const TREE_BYTES: usize = 1 + (LAST as usize).div_ceil(2);

/// The description of the code: how many weights follow, and the weights of all symbols but the last, whose weight follows from
/// the others. A weight has four bits; a shorter code has a greater one.
pub(super) static TREE: [u8; TREE_BYTES] = {
    let mut tree = [0; TREE_BYTES];
    tree[0] = 127 + LAST;
    let mut symbol = 0;
    while symbol < LAST {
        let bits = bits_of(symbol);
        let weight = if bits == 0 { 0 } else { LONGEST + 1 - bits };
        tree[1 + symbol as usize / 2] |= if symbol % 2 == 0 { weight << 4 } else { weight };
        symbol += 1;
    }
    tree
};

/// Streams of bits, one behind the other.
#[derive(Debug, Default)]
pub(super) struct BitStreams {
    bytes: Vec<u8>,
    /// Bits that are not in a byte yet.
    bits: u64,
    count: usize,
}

impl BitStreams {
    /// Appends a code. At most 57 bits may come before they are flushed.
    pub(super) const fn push(&mut self, code: Code) {
        self.bits |= code.bits << self.count;
        self.count += code.count;
    }

    /// Moves bits into whole bytes.
    pub(super) fn flush(&mut self) {
        let end = self.bytes.len() + self.count / 8;
        self.bytes.extend_from_slice(&self.bits.to_le_bytes());
        self.bytes.truncate(end);
        self.bits >>= self.count & !7;
        self.count &= 7;
    }

    /// Ends a stream by the bit that marks its end, and returns where it ends.
    pub(super) fn end(&mut self) -> usize {
        self.push(Code { bits: 1, count: 1 });
        self.count = self.count.next_multiple_of(8);
        self.flush();
        self.bytes.len()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_leaves_no_bits_unused() {
        let all = (0..=LAST).map(bits_of).filter(|bits| *bits > 0);
        let shares: u32 = all.map(|bits| 1 << (LONGEST - bits)).sum();
        assert_eq!(shares, 1 << LONGEST);
    }
}
