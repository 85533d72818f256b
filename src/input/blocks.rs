//! Cuts a byte stream into blocks of whole rows, so that blocks can be parsed in parallel.

use super::decoder::{Unit, Units};
use super::extent::Extent;
use super::intake::Row;
use super::lines::{last_line_end, line_ends_in, lines_in};
use super::read_error::ReadError;
use std::io::{self, Read};

/// The size of a block. Fixed: it determines the order of rows in the output, which must not depend on the machine.
pub const BLOCK_BYTES: usize = 256 << 10;

/// The longest row. A longer one is a sign of another kind of file, or of a quote that is never closed.
pub const MAX_ROW_BYTES: usize = 64 << 20;

pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Whole rows of one file, and what the search for their ends has found.
#[derive(Debug, Default)]
pub struct Block<M = ()> {
    /// The rows, followed by old content of the memory: clearing it would cost as much as reading.
    memory: Vec<u8>,
    length: usize,
    /// Whether no row of its file comes before it: it has the first row, or is blank.
    pub is_first: bool,
    /// Whether the file ends with it.
    pub is_last: bool,
    /// The number of lines.
    pub lines: u64,
    /// Whether its lines are skipped and are not rows.
    pub is_skipped: bool,
    /// The number of its lines, if an earlier run ingested its rows: then only they count.
    pub known_lines: Option<u64>,
    /// The bytes of an unfinished row after it, which are left for a later run.
    pub unfinished_bytes: u64,
    /// What the search for the ends of rows has found.
    pub marks: M,
}

impl<M> Block<M> {
    /// The rows. The last row of a file may lack its line end.
    pub fn bytes(&self) -> &[u8] {
        &self.memory[..self.length]
    }

    /// Its lines, if each of them is a row.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let mut rest = self.bytes();
        let mut lines = 0..;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let (line, behind) = first_line(rest, 0);
            rest = behind;
            Some(Row { line: lines.next()?, bytes: line })
        })
    }

    #[cfg(test)]
    pub(super) fn of(bytes: &[u8], marks: M) -> Self {
        Self {
            memory: bytes.to_vec(),
            length: bytes.len(),
            is_first: false,
            is_last: false,
            lines: lines_in(bytes),
            is_skipped: false,
            known_lines: None,
            unfinished_bytes: 0,
            marks,
        }
    }
}

/// The first line of `text` without its line end, and what stands behind that. No line ends in the first `known` bytes.
pub(super) fn first_line(text: &[u8], known: usize) -> (&[u8], &[u8]) {
    let end = memchr::memchr(b'\n', &text[known..]).map_or(text.len(), |at| known + at);
    let line = &text[..end];
    (line.strip_suffix(b"\r").unwrap_or(line), text.get(end + 1..).unwrap_or_default())
}

impl<M> Unit for Block<M> {
    fn byte_count(&self) -> u64 {
        self.length as u64
    }

    fn known_lines(&self) -> Option<u64> {
        self.known_lines
    }

    fn unfinished_bytes(&self) -> u64 {
        self.unfinished_bytes
    }

    fn into_memory(self) -> Vec<u8> {
        self.memory
    }
}

/// Finds the ends of rows.
pub trait RowEnds {
    /// What a look over rows shows beside their ends.
    type Marks: Default;
    /// What to check where a row is far too long.
    const CHECK: &'static str;

    /// Where the last whole row of `bytes` ends, 0 if there is none, and what the look has shown.
    ///
    /// # Errors
    /// [`ReadError::Refused`], with its line in `bytes`, if what follows cannot be trusted.
    fn find(&self, bytes: &[u8]) -> Result<(usize, Self::Marks), ReadError>;

    /// Whether any of the lines of `bytes` is a row.
    fn has_rows(&self, bytes: &[u8]) -> bool {
        !bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
    }

    /// The same for the last rows of a file, all of which are whole.
    ///
    /// # Errors
    /// As [`RowEnds::find`].
    fn find_last(&self, bytes: &[u8]) -> Result<Self::Marks, ReadError>;
}

/// Every line is a row.
#[derive(Debug, Clone, Copy)]
pub struct LineEnds;

impl RowEnds for LineEnds {
    type Marks = ();
    const CHECK: &'static str = "check that this is a text file, and its --input-format";

    fn find(&self, bytes: &[u8]) -> Result<(usize, ()), ReadError> {
        Ok((last_line_end(bytes), ()))
    }

    fn find_last(&self, _bytes: &[u8]) -> Result<(), ReadError> {
        Ok(())
    }
}

/// Cuts what `reader` gives into blocks.
#[derive(Debug)]
pub struct BlockReader<R, E> {
    reader: R,
    ends: E,
    /// What a block is filled to.
    block_bytes: usize,
    /// Lines that are still to be skipped.
    skip_lines: u64,
    carried: Vec<u8>,
    at_start: bool,
    at_end: bool,
    is_first: bool,
    /// What is taken in of what comes.
    extent: Extent,
}

impl<R: Read, E: RowEnds> BlockReader<R, E> {
    /// A reader of rows whose ends `ends` finds.
    pub const fn new(reader: R, ends: E) -> Self {
        Self::behind(0, reader, ends)
    }

    /// The same behind so many lines, which make blocks of their own: what is in them is not looked at.
    pub const fn behind(skip_lines: u64, reader: R, ends: E) -> Self {
        Self {
            reader,
            ends,
            block_bytes: BLOCK_BYTES,
            skip_lines,
            carried: Vec::new(),
            at_start: true,
            at_end: false,
            is_first: true,
            extent: Extent::WHOLE,
        }
    }

    /// The same with blocks that are filled to so many bytes.
    #[cfg(test)]
    pub(super) fn with_blocks_of(self, block_bytes: usize) -> Self {
        Self { block_bytes, ..self }
    }

    /// The length of the lines of `bytes` that are to be skipped, as far as they are whole. The last one of a file needs no line end,
    /// unless the file is still being written.
    fn skip(&mut self, bytes: &[u8]) -> usize {
        let mut length = 0;
        for end in memchr::memchr_iter(b'\n', bytes) {
            if self.skip_lines == 0 {
                break;
            }
            self.skip_lines -= 1;
            length = end + 1;
        }
        let is_all = self.at_end && self.skip_lines > 0 && !self.extent.leaves_unfinished;
        if is_all { bytes.len() } else { length }
    }

    fn block(
        &mut self,
        memory: Vec<u8>,
        length: usize,
        is_skipped: bool,
        marks: E::Marks,
    ) -> Block<E::Marks> {
        let (is_first, lines) = (self.is_first, lines_in(&memory[..length]));
        self.is_first = is_first && (is_skipped || !self.ends.has_rows(&memory[..length]));
        Block {
            memory,
            length,
            is_first,
            is_last: self.at_end,
            lines,
            is_skipped,
            known_lines: None,
            unfinished_bytes: 0,
            marks,
        }
    }

    /// Reads into `memory` behind its first `filled` bytes until `target` are there or the end has come; returns how many.
    fn fill(&mut self, memory: &mut Vec<u8>, mut filled: usize, target: usize) -> Result<usize, ReadError> {
        let target = target.max(filled);
        grow(memory, target);
        while filled < target && !self.at_end {
            match self.reader.read(&mut memory[filled..target]) {
                Ok(0) => {
                    self.at_end = true;
                    break;
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ReadError::Read(error)),
            }
        }
        if std::mem::take(&mut self.at_start) && memory[..filled].starts_with(BYTE_ORDER_MARK) {
            memory.copy_within(BYTE_ORDER_MARK.len()..filled, 0);
            filled -= BYTE_ORDER_MARK.len();
            self.extent.known_bytes = self.extent.known_bytes.saturating_sub(BYTE_ORDER_MARK.len() as u64);
        }
        Ok(filled)
    }

    /// The memory for the next block with what the last one has left, and how much that is.
    fn begin(&mut self, mut recycled: Vec<u8>) -> (Vec<u8>, usize) {
        let length = self.carried.len();
        grow(&mut recycled, length);
        recycled[..length].copy_from_slice(&self.carried);
        self.carried.clear();
        (recycled, length)
    }

    /// Where the last whole row of `bytes` ends, or the last whole line that is to be skipped.
    fn find(&mut self, bytes: &[u8]) -> Result<(usize, E::Marks), ReadError> {
        if self.skip_lines > 0 { Ok((self.skip(bytes), E::Marks::default())) } else { self.ends.find(bytes) }
    }

    /// A block of rows that were taken in before.
    fn next_known(&mut self, recycled: Vec<u8>) -> Result<Option<Block<E::Marks>>, ReadError> {
        let (mut memory, mut length) = self.begin(recycled);
        let mut target = self.block_bytes;
        loop {
            length = self.fill(&mut memory, length, known_target(target, self.extent.known_bytes))?;
            if length == 0 {
                return Ok(None);
            }
            let is_skipped = self.skip_lines > 0;
            let (mut end, marks) = self.find(&memory[..length])?;
            let is_all = self.at_end || length as u64 >= self.extent.known_bytes;
            let is_end = is_all && (end == 0 || !is_skipped);
            if is_end && end < length {
                (length, end) = self.end_of_known(&mut memory, length, end)?;
            }
            if end > 0 {
                let known_bytes = self.extent.known_bytes.saturating_sub(end as u64);
                self.extent.known_bytes = if is_end { 0 } else { known_bytes };
                self.carried.extend_from_slice(&memory[end..length]);
                let block = self.block(memory, end, is_skipped, marks);
                return Ok(Some(Block { known_lines: Some(block.lines), ..block }));
            }
            target = Self::longer(length)?;
        }
    }

    /// The known content ends without a line end: that must follow now, or its last row goes on. Returns how far was read, and
    /// where the row ends.
    fn end_of_known(
        &mut self,
        memory: &mut Vec<u8>,
        known: usize,
        rows_end: usize,
    ) -> Result<(usize, usize), ReadError> {
        let length = self.fill(memory, known, known + b"\r\n".len())?;
        let end = match memory[known..length] {
            [b'\n', ..] => known + 1,
            [b'\r', b'\n'] => known + 2,
            _ if known == length => known,
            _ => 0,
        };
        if end == known || (end > known && self.ends.find(&memory[..end])?.0 == end) {
            return Ok((length, end));
        }
        Err(ReadError::Refused {
            line: line_ends_in(&memory[..rows_end]),
            what: "this row continues, but an earlier run ingested its beginning as a whole row: the file ended here then"
                .to_owned(),
            remedy: "roll back to the run before that one and run again, with --growing for a file that is still being written; or give the lines after this one as their own file",
        })
    }

    /// Up to where to read if no row ends in the first `length` bytes.
    fn longer(length: usize) -> Result<usize, ReadError> {
        if length >= MAX_ROW_BYTES {
            return Err(ReadError::Refused {
                line: 0,
                what: "the row that begins here is longer than 64 MiB".to_owned(),
                remedy: E::CHECK,
            });
        }
        Ok(length * 2)
    }

    /// The last block, of `length` bytes.
    fn last(&mut self, memory: Vec<u8>, length: usize) -> Result<Option<Block<E::Marks>>, ReadError> {
        if length == 0 {
            return Ok(None);
        }
        if !self.extent.leaves_unfinished {
            let marks = self.ends.find_last(&memory[..length])?;
            return Ok(Some(self.block(memory, length, false, marks)));
        }
        let (rows_end, marks) = self.ends.find(&memory[..length])?;
        let unfinished_bytes = (length - rows_end) as u64;
        Ok(Some(Block { unfinished_bytes, is_last: false, ..self.block(memory, rows_end, false, marks) }))
    }
}

fn known_target(target: usize, known_bytes: u64) -> usize {
    usize::try_from(known_bytes).map_or(target, |known| known.min(target))
}

impl<R: Read, E: RowEnds> Units for BlockReader<R, E> {
    type Unit = Block<E::Marks>;

    fn within(self, extent: Extent) -> Self {
        Self { extent, ..self }
    }

    fn next(&mut self, recycled: Vec<u8>) -> Result<Option<Self::Unit>, ReadError> {
        if self.extent.known_bytes > 0 {
            return self.next_known(recycled);
        }
        let (mut memory, mut length) = self.begin(recycled);
        let mut target = self.block_bytes;
        loop {
            length = self.fill(&mut memory, length, target)?;
            let is_skipped = self.skip_lines > 0;
            if self.at_end && !is_skipped {
                return self.last(memory, length);
            }
            let (end, marks) = self.find(&memory[..length])?;
            if end > 0 {
                self.carried.extend_from_slice(&memory[end..length]);
                return Ok(Some(self.block(memory, end, is_skipped, marks)));
            }
            if self.at_end {
                let unfinished_bytes = length as u64;
                let block =
                    || Block { unfinished_bytes, is_last: false, ..self.block(memory, 0, is_skipped, marks) };
                return Ok((length > 0).then(block));
            }
            target = Self::longer(length)?;
        }
    }
}

fn grow(memory: &mut Vec<u8>, length: usize) {
    if memory.len() < length {
        memory.resize(length, 0);
    }
}

/// All blocks of `bytes`, in memory whose old content must not show.
#[cfg(test)]
pub(super) fn all_blocks<E: RowEnds>(bytes: &[u8], ends: E) -> Result<Vec<Block<E::Marks>>, ReadError> {
    let mut reader = BlockReader::new(bytes, ends);
    let mut all = Vec::new();
    while let Some(block) = reader.next(b"\"\n,".repeat(BLOCK_BYTES / 4))? {
        all.push(block);
    }
    Ok(all)
}

/// Holds that the blocks of `bytes`, rows that begin with `key,`, are whole and together are all of them; returns their lines.
#[cfg(test)]
pub(super) fn lines_of_whole_blocks<E: RowEnds>(bytes: &[u8], ends: E) -> u64 {
    let blocks = all_blocks(bytes, ends).unwrap();
    assert!(blocks.len() > 2);
    let is_whole = |block: &Block<_>| block.bytes().starts_with(b"key,") && block.bytes().ends_with(b"\n");
    assert!(blocks.iter().all(is_whole));
    assert_eq!(blocks.iter().flat_map(|block| block.bytes().to_vec()).collect::<Vec<_>>(), bytes);
    blocks.iter().map(|block| block.lines).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(bytes: &[u8]) -> Result<Vec<Block>, ReadError> {
        all_blocks(bytes, LineEnds)
    }

    #[test]
    fn blocks_end_where_rows_end_and_lose_nothing() {
        assert_eq!(lines_of_whole_blocks(&b"key,2020-01-01\n".repeat(200_000), LineEnds), 200_000);
    }

    #[test]
    fn the_first_row_is_looked_for_behind_blank_blocks() {
        let bytes = [b"\n".repeat(BLOCK_BYTES), b"a\n".repeat(BLOCK_BYTES)].concat();
        let is_first: Vec<bool> = blocks(&bytes).unwrap().iter().map(|block| block.is_first).collect();
        assert_eq!(is_first, [true, true, false]);
    }

    #[test]
    fn lines_that_are_skipped_make_blocks_of_their_own() {
        let cut = |bytes: &[u8], skip_lines| {
            let mut reader = BlockReader::behind(skip_lines, bytes, LineEnds);
            let blocks = std::iter::from_fn(|| reader.next(Vec::new()).unwrap());
            blocks.map(|block| (block.is_skipped, block.lines, block.bytes().len())).collect::<Vec<_>>()
        };
        assert_eq!(cut(b"t\n\na\nb\n", 2), [(true, 2, 3), (false, 2, 4)]);
        assert_eq!(cut(b"t\n\na", 3), [(true, 3, 4)]);
        assert_eq!(cut(b"t\n\na", 9), [(true, 3, 4)]);
        assert_eq!(cut(b"", 9), []);
        let title = [b"x".repeat(2 * BLOCK_BYTES), b"\n\ny\n".to_vec()].concat();
        assert_eq!(cut(&title, 2), [(true, 2, title.len() - 2), (false, 1, 2)]);
        let titles = [b"x\n".repeat(BLOCK_BYTES), b"y".to_vec()].concat();
        let skipped = cut(&titles, BLOCK_BYTES as u64);
        assert_eq!(skipped.iter().map(|(_, lines, _)| lines).sum::<u64>(), BLOCK_BYTES as u64 + 1);
        assert_eq!(skipped.last(), Some(&(false, 1, 1)));
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
        let refused = BlockReader::new(endless, LineEnds).next(Vec::new());
        assert!(matches!(refused, Err(ReadError::Refused { line: 0, .. })));
    }
}
