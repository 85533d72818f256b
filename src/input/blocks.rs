//! A byte stream cut into blocks of whole rows, so that blocks can be parsed side by side.

use std::io::{self, Read};

/// What a block is filled to. Fixed: it decides the order of rows in the output, which must not depend on the machine.
pub const BLOCK_BYTES: usize = 1 << 20;

/// The longest row. A longer one is a file of another kind, or a quote that is never closed.
pub const MAX_ROW_BYTES: usize = 64 << 20;

pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Whole rows of one file.
#[derive(Debug, Default)]
pub struct Block {
    /// The rows, and behind them what the memory held before: to clear it would cost as much as to read it.
    memory: Vec<u8>,
    length: usize,
    /// Whether any byte is a quote.
    pub quoted: bool,
    /// Where the last row begins, if the file ends inside a quoted field of its last line.
    pub unclosed: Option<usize>,
}

impl Block {
    /// The rows. The last one of a file may lack its newline.
    pub fn bytes(&self) -> &[u8] {
        &self.memory[..self.length]
    }

    /// Gives the memory back for a further block.
    pub fn into_memory(self) -> Vec<u8> {
        self.memory
    }

    #[cfg(test)]
    pub(super) fn of(bytes: &[u8], quoted: bool) -> Self {
        Self { memory: bytes.to_vec(), length: bytes.len(), quoted, unclosed: None }
    }
}

/// Why no further block can be had.
#[derive(Debug)]
pub enum ReadError {
    /// Reading failed.
    Read(io::Error),
    /// There is no thread to decompress the file.
    NoThread(io::Error),
    /// A row is longer than `MAX_ROW_BYTES`; it begins this many lines after the last block.
    RowTooLong(u64),
    /// The batch is longer than `--max-bytes` allows.
    TooManyBytes,
    /// A quoted field is never closed and swallows the rest of the file; it opens this many lines after the last block.
    UnclosedQuote(u64),
}

/// Cuts what `reader` gives into blocks.
#[derive(Debug)]
pub struct BlockReader<R> {
    reader: R,
    delimiter: u8,
    carried: Vec<u8>,
    at_start: bool,
    at_end: bool,
}

/// What a look over rows has found.
#[derive(Debug, PartialEq, Eq)]
struct Scan {
    /// Where the last whole row ends.
    rows_end: usize,
    /// The quote that is still open.
    open_quote: Option<usize>,
}

impl<R: Read> BlockReader<R> {
    /// A reader of rows whose fields are parted by `delimiter`.
    pub const fn new(reader: R, delimiter: u8) -> Self {
        Self { reader, delimiter, carried: Vec::new(), at_start: true, at_end: false }
    }

    /// The next block, in the memory of `recycled`; `None` at the end.
    ///
    /// # Errors
    /// [`ReadError`]; the reader must not be used after it.
    pub fn next(&mut self, mut recycled: Vec<u8>) -> Result<Option<Block>, ReadError> {
        let mut length = self.carried.len();
        grow(&mut recycled, length);
        recycled[..length].copy_from_slice(&self.carried);
        self.carried.clear();
        let mut target = BLOCK_BYTES;
        loop {
            length = self.fill(&mut recycled, length, target).map_err(ReadError::Read)?;
            if self.at_end {
                return if length == 0 { Ok(None) } else { self.last_block(recycled, length).map(Some) };
            }
            let bytes = &recycled[..length];
            let quoted = memchr::memchr(b'"', bytes).is_some();
            let scan = if quoted { scan_quoted(bytes, self.delimiter) } else { scan_plain(bytes) };
            if scan.rows_end > 0 {
                self.carried.extend_from_slice(&bytes[scan.rows_end..]);
                return Ok(Some(Block { memory: recycled, length: scan.rows_end, quoted, unclosed: None }));
            }
            if length >= MAX_ROW_BYTES {
                return Err(ReadError::RowTooLong(0));
            }
            target = length * 2;
        }
    }

    fn last_block(&self, memory: Vec<u8>, length: usize) -> Result<Block, ReadError> {
        let bytes = &memory[..length];
        let quoted = memchr::memchr(b'"', bytes).is_some();
        let scan = if quoted { scan_quoted(bytes, self.delimiter) } else { scan_plain(bytes) };
        let Some(quote) = scan.open_quote else {
            return Ok(Block { memory, length, quoted, unclosed: None });
        };
        let swallowed = memchr::memchr(b'\n', &bytes[quote..]).is_some_and(|at| quote + at + 1 < length);
        if swallowed {
            return Err(ReadError::UnclosedQuote(memchr::memchr_iter(b'\n', &bytes[..quote]).count() as u64));
        }
        Ok(Block { unclosed: Some(scan.rows_end), memory, length, quoted })
    }

    /// Reads into `memory` behind its first `filled` bytes until `target` are there or the end has come; returns how many.
    fn fill(&mut self, memory: &mut Vec<u8>, mut filled: usize, target: usize) -> io::Result<usize> {
        let target = target.max(filled);
        grow(memory, target);
        while filled < target {
            match self.reader.read(&mut memory[filled..target]) {
                Ok(0) => {
                    self.at_end = true;
                    break;
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if std::mem::take(&mut self.at_start) && memory[..filled].starts_with(BYTE_ORDER_MARK) {
            memory.copy_within(BYTE_ORDER_MARK.len()..filled, 0);
            filled -= BYTE_ORDER_MARK.len();
        }
        Ok(filled)
    }
}

fn grow(memory: &mut Vec<u8>, length: usize) {
    if memory.len() < length {
        memory.resize(length, 0);
    }
}

fn scan_plain(bytes: &[u8]) -> Scan {
    Scan { rows_end: memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1), open_quote: None }
}

/// Finds row ends where quotes stand. As in the `csv` crate a quote opens a field only as its first byte, two quotes
/// inside a quoted field are one, and any other quote is data.
fn scan_quoted(bytes: &[u8], delimiter: u8) -> Scan {
    let (mut at, mut rows_end) = (0, 0);
    while let Some(found) = memchr::memchr2(b'"', b'\n', &bytes[at..]) {
        let position = at + found;
        at = position + 1;
        if bytes[position] == b'\n' {
            rows_end = at;
        } else if position == 0 || bytes[position - 1] == delimiter || bytes[position - 1] == b'\n' {
            match closing_quote(bytes, at) {
                Some(close) => at = close + 1,
                None => return Scan { rows_end, open_quote: Some(position) },
            }
        }
    }
    Scan { rows_end, open_quote: None }
}

/// Where the quoted field ends whose content begins at `at`.
pub(super) fn closing_quote(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let close = at + memchr::memchr(b'"', &bytes[at..])?;
        if bytes.get(close + 1) != Some(&b'"') {
            return Some(close);
        }
        at = close + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn blocks(bytes: &[u8]) -> Result<Vec<Block>, ReadError> {
        let mut reader = BlockReader::new(bytes, b',');
        let mut all = Vec::new();
        // Memory that was in use before must not show.
        while let Some(block) = reader.next(b"\"\n,".repeat(BLOCK_BYTES / 4))? {
            all.push(block);
        }
        Ok(all)
    }

    #[test]
    fn blocks_end_where_rows_end_and_lose_nothing() {
        let plain = b"key,2020-01-01\n".repeat(200_000);
        let quoted = b"key,\"two\nlines, and a \"\"word\"\"\"\n".repeat(100_000);
        for bytes in [plain, quoted] {
            let blocks = blocks(&bytes).unwrap();
            assert!(blocks.len() > 2);
            assert!(
                blocks
                    .iter()
                    .all(|block| block.bytes().starts_with(b"key,") && block.bytes().ends_with(b"\n"))
            );
            assert_eq!(blocks.iter().flat_map(|block| block.bytes().to_vec()).collect::<Vec<_>>(), bytes);
        }
    }

    #[test]
    fn a_byte_order_mark_is_not_data() {
        assert_eq!(blocks(b"\xEF\xBB\xBFa,1\n").unwrap()[0].bytes(), b"a,1\n");
        assert!(blocks(b"\xEF\xBB\xBF").unwrap().is_empty());
    }

    #[test]
    fn a_row_may_be_longer_than_a_block_but_not_endless() {
        let long = [vec![b'x'; 3 * BLOCK_BYTES], b"\ny\n".to_vec()].concat();
        assert_eq!(blocks(&long).unwrap().iter().map(|block| block.bytes().len()).sum::<usize>(), long.len());
        let endless = io::repeat(b'x').take(1 << 40);
        assert!(matches!(BlockReader::new(endless, b',').next(Vec::new()), Err(ReadError::RowTooLong(0))));
    }

    #[test]
    fn a_quote_that_is_never_closed_is_trouble_unless_it_stands_in_the_last_line() {
        let last = blocks(b"a,1\nb,\"2").unwrap();
        assert_eq!(last[0].unclosed, Some(4));
        assert_eq!(blocks(b"a,1\nb,\"2\n").unwrap()[0].unclosed, Some(4));
        assert!(matches!(blocks(b"a,1\nb,\"2\nc,3\n"), Err(ReadError::UnclosedQuote(1))));
        assert_eq!(blocks(b"a,1\nb,2\"\nc,3\n").unwrap()[0].unclosed, None);
    }

    proptest! {
        #[test]
        fn row_ends_are_those_of_the_csv_crate(bytes in proptest::collection::vec(
            prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'\r'), Just(b'x')], 0..40)) {
            let scan = scan_quoted(&bytes, b',');
            let terminated = [&bytes[..scan.rows_end], b"x"].concat();
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false).flexible(true).terminator(csv::Terminator::Any(b'\n')).from_reader(&terminated[..]);
            let mut last = csv::ByteRecord::new();
            while let Some(record) = reader.byte_records().next() {
                last = record.unwrap();
            }
            // What stands behind the last whole row is a row of its own to the csv crate too.
            prop_assert_eq!(last, csv::ByteRecord::from(vec!["x"]));
        }
    }
}
