//! Reads a batch in rounds: a thread reads ahead, all threads parse the blocks of a round side by side.
#![expect(clippy::disallowed_methods, reason = "reading has a thread of its own")]

use super::output_writer::{OutputWriter, SideRow};
use super::read_stats::ReadStats;
use super::unpacking::unpack_aside;
use super::watch::{Stopwatch, Watch, check_interrupted, timed};
use crate::core::event::Place;
use crate::error::{Error, ErrorKind, Result};
use crate::input::timestamp::TimeParser;
use crate::input::{
    ASIDE_COLUMNS, BatchFile, Block, BlockParser, BlockReader, Content, ParsedBlock, ReadError, Reason,
    RowRules, Schema, too_many_bytes,
};
use crate::output::{OutputKind, RowStyle};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use rayon::prelude::*;
use std::io::Read;
use std::sync::atomic::Ordering;

/// Blocks in a round. Fixed, as the size of a block: the order of the output rests on it.
const ROUND_BLOCKS: usize = 4;

/// A file of the batch with the place of its columns.
#[derive(Debug)]
pub(super) struct FileToRead {
    pub(super) file: BatchFile,
    /// The name of its source, if that has one.
    pub(super) source: Option<String>,
    /// `None` for a file without rows, or whose first row is in trouble: reading meets that trouble again.
    pub(super) schema: Option<Schema>,
    /// The byte between its fields.
    pub(super) delimiter: u8,
    /// Reads its times.
    pub(super) times: TimeParser,
}

/// What a run needs to read its batch.
#[derive(Debug)]
pub(super) struct Reading<'r> {
    pub(super) files: &'r [FileToRead],
    pub(super) rules: RowRules,
    pub(super) keep_late_rows: bool,
    /// How rows that were set aside are written.
    pub(super) style: RowStyle,
    /// More bytes than this, after decompression, fail the run.
    pub(super) max_bytes: u64,
    pub(super) watch: &'r Watch,
}

/// Why reading ended before the end.
#[derive(Debug)]
pub(super) enum Stop {
    /// The attempt cannot go on in this way; another way may.
    GiveUp,
    /// The run has failed.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

struct ReadBlock {
    file: usize,
    is_first: bool,
    block: Result<Block, ReadError>,
}

/// A parser that is kept while the blocks of one file follow each other.
#[derive(Default)]
struct FileParser(Option<(usize, BlockParser)>);

impl FileParser {
    fn of(&mut self, file: usize, new: impl FnOnce() -> BlockParser) -> &mut BlockParser {
        if self.0.as_ref().is_some_and(|(of, _)| *of != file) {
            self.0 = None;
        }
        &mut self.0.get_or_insert_with(|| (file, new())).1
    }
}

impl Reading<'_> {
    /// Reads all files; `consume` gets each parsed round together with the stats up to it. While it works, the next
    /// round is parsed.
    pub(super) fn for_each_round(
        &self,
        pool: &rayon::ThreadPool,
        writer: &OutputWriter,
        watch: &mut Stopwatch,
        mut consume: impl FnMut(&[ParsedBlock], &ReadStats) -> Result<(), Stop> + Send,
    ) -> Result<ReadStats, Stop> {
        let mut stats = ReadStats::of_files(self.files.len());
        let (sender, blocks) = bounded(ROUND_BLOCKS);
        let (give_back, recycled) = unbounded();
        std::thread::scope(|scope| {
            // The scope ends only when the reader does: it must lose its channel first, on every way out.
            let blocks = blocks;
            std::thread::Builder::new()
                .spawn_scoped(scope, move || read_files(self.files, self.max_bytes, &sender, &recycled))
                .map_err(|error| Error::threads(1, &error))?;
            let (mut parsed, mut next): (Vec<ParsedBlock>, Vec<ParsedBlock>) = (Vec::new(), Vec::new());
            let mut blocks_parsed = 0;
            loop {
                let round: Vec<ReadBlock> = blocks.iter().take(ROUND_BLOCKS).collect();
                check_interrupted()?;
                next.resize_with(next.len().max(round.len()), ParsedBlock::default);
                let consumable = &parsed[..blocks_parsed];
                let ((read, ()), (reduce, consumed)) = pool.join(
                    || timed(|| self.parse_round(&round, &mut next[..round.len()])),
                    || timed(|| if consumable.is_empty() { Ok(()) } else { consume(consumable, &stats) }),
                );
                watch.book_both(read, reduce);
                consumed?;
                for (read, parsed) in round.iter().zip(&next) {
                    self.book(read, parsed, &mut stats, writer)?;
                }
                blocks_parsed = round.len();
                if blocks_parsed == 0 {
                    return Ok(stats);
                }
                std::mem::swap(&mut parsed, &mut next);
                for block in round.into_iter().filter_map(|read| read.block.ok()) {
                    // The reader may be done already.
                    let _ = give_back.send(block.into_memory());
                }
            }
        })
    }

    fn parse_round(&self, round: &[ReadBlock], parsed: &mut [ParsedBlock]) {
        round.par_iter().zip(parsed).for_each_init(FileParser::default, |parser, (read, parsed)| {
            let of = &self.files[read.file];
            if let (Ok(block), Some(schema)) = (&read.block, &of.schema) {
                let parser = parser.of(read.file, || BlockParser::new(of.times.clone(), self.rules.clone()));
                parser.parse(block, schema, read.is_first && schema.header, parsed);
                self.watch.bytes_parsed.fetch_add(block.bytes().len() as u64, Ordering::Relaxed);
            } else {
                parsed.clear();
            }
        });
    }

    /// Adds a block to the stats and hands on the rows it has set aside.
    fn book(
        &self,
        read: &ReadBlock,
        parsed: &ParsedBlock,
        stats: &mut ReadStats,
        writer: &OutputWriter,
    ) -> Result<()> {
        let of = &self.files[read.file];
        if let Err(trouble) = &read.block {
            return Err(trouble_error(trouble, &of.file, stats.lines_of(read.file), self.max_bytes));
        }
        let lines_before = stats.add(read.file, parsed);
        for aside in &parsed.aside {
            let place = Place { file: of.file.path().to_owned(), line: lines_before + aside.line + 1 };
            let row = &parsed.aside_bytes[aside.bytes.clone()];
            stats.set_aside(&place, aside.reason, row);
            let kind = if aside.reason == Reason::Late { OutputKind::Late } else { OutputKind::Rejects };
            if kind == OutputKind::Rejects || self.keep_late_rows {
                writer.send_side_row(self.side_row(kind, &place, aside.reason, row, of.schema.as_ref()))?;
            }
        }
        Ok(())
    }

    /// `file,line,reason` and the row verbatim, below a header of the same form.
    fn side_row(
        &self,
        kind: OutputKind,
        place: &Place,
        reason: Reason,
        row: &[u8],
        schema: Option<&Schema>,
    ) -> SideRow {
        // The rows of several sources have no header in common, and some names cannot stand there.
        let header_line =
            schema.filter(|schema| schema.source.is_none()).map(|schema| &schema.header_line[..]);
        let columns = header_line.filter(|line| !line.is_empty()).unwrap_or(b"row");
        let delimiter = schema.map_or(b',', |schema| schema.delimiter);
        let mut header = ASIDE_COLUMNS.join(",").into_bytes();
        header.push(b',');
        self.style.write_verbatim(columns, delimiter, &mut header);
        header.push(b'\n');
        let mut bytes = Vec::with_capacity(row.len() + 64);
        self.style.write_value(place.file.to_string_lossy().as_bytes(), &mut bytes);
        bytes.extend_from_slice(format!(",{},{},", place.line, reason.name()).as_bytes());
        self.style.write_verbatim(row, delimiter, &mut bytes);
        bytes.push(b'\n');
        SideRow { kind, header, row: bytes }
    }
}

fn trouble_error(trouble: &ReadError, file: &BatchFile, lines_before: u64, max_bytes: u64) -> Error {
    let place = |line| Place { file: file.path().to_owned(), line: lines_before + line + 1 };
    match trouble {
        ReadError::Read(error) => file.read_error(error),
        ReadError::NoThread(error) => Error::threads(1, error),
        ReadError::RowTooLong(line) => {
            Error::new(ErrorKind::DataRefused, "the row that begins here is longer than 64 MiB")
                .at(place(*line))
                .remedy("check that this is a CSV file, and its --delimiter")
                .nothing_changed()
        }
        ReadError::TooManyBytes => too_many_bytes(max_bytes).at(place(0)),
        ReadError::UnclosedQuote(line) => Error::new(
            ErrorKind::DataRefused,
            "the quoted field that begins here is never closed and swallows all further rows",
        )
        .at(place(*line))
        .remedy("close the quote in the file")
        .nothing_changed(),
    }
}

fn read_files(
    files: &[FileToRead],
    max_bytes: u64,
    sender: &Sender<ReadBlock>,
    recycled: &Receiver<Vec<u8>>,
) {
    let mut bytes_left = max_bytes;
    for (number, of) in files.iter().enumerate() {
        if read_file(number, of, &mut bytes_left, sender, recycled).is_none() {
            return;
        }
    }
}

/// Sends the blocks of one file; `None` if there is no use in going on.
fn read_file(
    number: usize,
    of: &FileToRead,
    bytes_left: &mut u64,
    sender: &Sender<ReadBlock>,
    recycled: &Receiver<Vec<u8>>,
) -> Option<()> {
    let mut is_first = true;
    let mut send = |block: Result<Block, ReadError>| {
        let block = block.and_then(|block| {
            let left = bytes_left.checked_sub(block.bytes().len() as u64);
            *bytes_left = left.ok_or(ReadError::TooManyBytes)?;
            Ok(block)
        });
        let failed = block.is_err();
        let is_first = std::mem::take(&mut is_first);
        let taken = sender.send(ReadBlock { file: number, is_first, block });
        taken.ok().filter(|()| !failed)
    };
    match of.file.reader() {
        Ok(Content::Plain(reader)) => send_blocks(reader, of.delimiter, recycled, send),
        Ok(Content::Packed(packed)) => {
            // Where there is no thread for it, the run ends: the place of the error is the file.
            let unpacked =
                unpack_aside(packed, |reader| send_blocks(reader, of.delimiter, recycled, &mut send));
            unpacked.unwrap_or_else(|error| send(Err(ReadError::NoThread(error))))
        }
        Err(error) => send(Err(ReadError::Read(error))),
    }
}

fn send_blocks(
    reader: impl Read,
    delimiter: u8,
    recycled: &Receiver<Vec<u8>>,
    mut send: impl FnMut(Result<Block, ReadError>) -> Option<()>,
) -> Option<()> {
    let mut blocks = BlockReader::new(reader, delimiter);
    while let Some(block) = blocks.next(recycled.try_recv().unwrap_or_default()).transpose() {
        send(block)?;
    }
    Some(())
}
