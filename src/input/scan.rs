//! The contents with which a file begins: the hashes of its beginnings, found in one pass.

use super::files::BatchFile;
use crate::error::Result;
use crate::ledger::{FileDigest, beginning_bytes};
use std::io::Read;
use twox_hash::XxHash3_128;
use xxhash_rust::xxh3::xxh3_64;

const READ_BYTES: usize = 1 << 20;

/// The line ends that a file may lack at its end.
const LINE_ENDS: [&[u8]; 2] = [b"\n", b"\r\n"];

/// The length and the xxh3-128 of a content.
pub type LengthAndHash = (u64, u128);

/// The length and the xxh3-64 of each beginning of a file by which contents are found. `beginning` is all of the file, or at
/// least its first 64 KiB.
/// least its first 64 KiB.
pub fn beginnings(beginning: &[u8]) -> Vec<(u64, u64)> {
    let of_length = |bytes: u64| {
        let bytes_in_memory = usize::try_from(bytes).ok()?;
        Some((bytes, xxh3_64(beginning.get(..bytes_in_memory)?)))
    };
    match beginning_bytes(beginning.len() as u64) {
        0 => of_length(0).into_iter().collect(),
        longest => (0..=longest.ilog2()).filter_map(|log| of_length(1 << log)).collect(),
    }
}

/// The same for the whole content of a short file, as if a line end followed, if that makes another content.
pub fn beginnings_of_end(content: &[u8]) -> Vec<(u64, u64)> {
    let found_by = beginning_bytes(content.len() as u64);
    let ended = LINE_ENDS.map(|line_end| beginnings(&[content, line_end].concat()));
    ended.concat().into_iter().filter(|(bytes, _)| *bytes > found_by).collect()
}

/// The digest of a content of which nothing was ingested.
pub fn nothing() -> FileDigest {
    FileDigest { hash: XxHash3_128::new().finish_128(), bytes: 0, beginning: xxh3_64(b"") }
}

/// The result of a pass over a file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ContentScan {
    /// The beginnings of the requested lengths that the file has, ascending.
    pub beginnings: Vec<LengthAndHash>,
    /// The end of the content; `None` if the pass stopped earlier.
    pub end: Option<ContentEnd>,
}

/// The end of a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentEnd {
    /// All of it.
    pub whole: LengthAndHash,
    /// All of it, with a line end that it may lack.
    pub ended: Vec<LengthAndHash>,
    /// Where the line ends at its end begin.
    pub text_bytes: u64,
    /// Where its last line without a line end begins.
    pub lines_bytes: u64,
}

impl ContentScan {
    /// Looks at the `content` of `file`, of which all is in memory.
    pub fn of(file: &BatchFile, content: &[u8], lengths: &[u64]) -> Self {
        Self::with(file.begun_hash(), content, lengths)
    }

    fn with(hash: XxHash3_128, content: &[u8], lengths: &[u64]) -> Self {
        let mut pass = Pass::new(hash, lengths);
        pass.take(content);
        pass.end()
    }

    /// Reads `file` until it is clear whether anything follows its beginnings of these `lengths`, which are ascending: anything
    /// but line ends, or a whole line if only those count. Reads to the end of the file if that comes first.
    ///
    /// # Errors
    /// As [`BatchFile::digest`].
    pub fn of_file(file: &BatchFile, lengths: &[u64], only_whole_lines: bool) -> Result<Self> {
        let mut pass = Pass::new(file.begun_hash(), lengths);
        let last = lengths.last().copied().unwrap_or_default();
        let mut reader = file.unhashed().map_err(|error| file.read_error(&error))?;
        let mut buffer = vec![0; READ_BYTES];
        loop {
            match reader.read(&mut buffer).map_err(|error| file.read_error(&error))? {
                0 => return Ok(pass.end()),
                count => pass.take(&buffer[..count]),
            }
            let reached = if only_whole_lines { pass.lines_bytes } else { pass.text_bytes };
            if reached > last {
                return Ok(Self { beginnings: pass.beginnings, end: None });
            }
        }
    }
}

struct Pass {
    hash: XxHash3_128,
    bytes: u64,
    /// The lengths still to come, the next one last.
    lengths: Vec<u64>,
    beginnings: Vec<LengthAndHash>,
    text_bytes: u64,
    lines_bytes: u64,
}

impl Pass {
    fn new(hash: XxHash3_128, lengths: &[u64]) -> Self {
        Self {
            hash,
            bytes: 0,
            lengths: lengths.iter().rev().copied().collect(),
            beginnings: Vec::new(),
            text_bytes: 0,
            lines_bytes: 0,
        }
    }

    fn take(&mut self, piece: &[u8]) {
        let end_of = |position: Option<usize>| position.map(|at| self.bytes + at as u64 + 1);
        let text = piece.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n'));
        let (text, lines) = (end_of(text), end_of(memchr::memrchr(b'\n', piece)));
        self.text_bytes = text.unwrap_or(self.text_bytes);
        self.lines_bytes = lines.unwrap_or(self.lines_bytes);
        let mut rest = piece;
        while let Some(&length) = self.lengths.last() {
            let ahead = usize::try_from(length.saturating_sub(self.bytes)).ok();
            let Some((before, behind)) = ahead.and_then(|ahead| rest.split_at_checked(ahead)) else { break };
            self.hash(before);
            rest = behind;
            self.beginnings.push((self.bytes, self.hash.finish_128()));
            self.lengths.pop();
        }
        self.hash(rest);
    }

    fn hash(&mut self, bytes: &[u8]) {
        self.hash.write(bytes);
        self.bytes += bytes.len() as u64;
    }

    fn end(self) -> ContentScan {
        let with = |line_end: &&[u8]| {
            let mut hash = self.hash.clone();
            hash.write(line_end);
            (self.bytes + line_end.len() as u64, hash.finish_128())
        };
        let end = ContentEnd {
            whole: (self.bytes, self.hash.finish_128()),
            ended: LINE_ENDS.iter().map(with).collect(),
            text_bytes: self.text_bytes,
            lines_bytes: self.lines_bytes,
        };
        ContentScan { beginnings: self.beginnings, end: Some(end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use xxhash_rust::xxh3::xxh3_128;

    #[test]
    fn beginnings_of_the_lengths_asked_for_come_with_their_hashes() {
        let content = b"a,1\nb,2\nc";
        let scan = ContentScan::with(XxHash3_128::new(), content, &[4, 8, 40]);
        let of = |length: usize| (length as u64, xxh3_128(&content[..length]));
        assert_eq!(scan.beginnings, [of(4), of(8)]);
        let end = scan.end.unwrap();
        assert_eq!((end.whole, end.text_bytes, end.lines_bytes), (of(9), 9, 8));
        assert_eq!(end.ended[0], (10, xxh3_128(b"a,1\nb,2\nc\n")));
        assert_eq!(end.ended[1], (11, xxh3_128(b"a,1\nb,2\nc\r\n")));
    }

    #[test]
    fn a_content_is_found_by_its_own_beginning_in_every_longer_one() {
        let long: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        let found_by = |content: &[u8]| {
            let bytes = beginning_bytes(content.len() as u64);
            (bytes, xxh3_64(&content[..usize::try_from(bytes).unwrap()]))
        };
        let of_long = beginnings(&long[..65_536]);
        for length in [1, 2, 3, 4, 7, 8, 1000, 65_535, 65_536, 100_000, 200_000] {
            assert!(of_long.contains(&found_by(&long[..length])), "{length}");
        }
        assert!(beginnings_of_end(b"a,1").contains(&found_by(b"a,1\n")));
        assert!(beginnings_of_end(b"a,12345").contains(&found_by(b"a,12345\r\n")));
        assert_eq!(beginnings(b""), [found_by(b"")]);
    }
}
