//! Blocks of a log, each with the order of its fields.

use super::directive::Directive;
use super::layout::Layout;
use super::schema::Schema;
use crate::input::blocks::{Block, BlockReader, LineEnds};
use crate::input::decoder::{Unit, Units};
use crate::input::extent::Extent;
use crate::input::lines::line_ends_in;
use crate::input::read_error::ReadError;
use std::io::Read;
use std::sync::Arc;

/// A block, and what its rows look like.
#[derive(Debug)]
pub struct LogUnit {
    pub(super) block: Block,
    /// The layout at its start, `None` before the first `#Fields` line of the file, and that behind each such line in it.
    pub(super) layouts: Vec<Option<Arc<Layout>>>,
}

impl Unit for LogUnit {
    fn byte_count(&self) -> u64 {
        self.block.byte_count()
    }

    fn known_lines(&self) -> Option<u64> {
        self.block.known_lines()
    }

    fn unfinished_bytes(&self) -> u64 {
        self.block.unfinished_bytes()
    }

    fn into_memory(self) -> Vec<u8> {
        self.block.into_memory()
    }
}

/// The blocks of a log, in order.
#[derive(Debug)]
pub struct LogUnits<R> {
    blocks: BlockReader<R, LineEnds>,
    schema: Option<Arc<Schema>>,
    /// The layout at the end of the last block.
    layout: Option<Arc<Layout>>,
}

impl<R: Read> LogUnits<R> {
    pub(super) fn new(content: R, schema: Option<Arc<Schema>>) -> Self {
        Self::of(BlockReader::new(content, LineEnds), schema)
    }

    pub(super) const fn of(blocks: BlockReader<R, LineEnds>, schema: Option<Arc<Schema>>) -> Self {
        Self { blocks, schema, layout: None }
    }
}

impl<R: Read> Units for LogUnits<R> {
    type Unit = LogUnit;

    fn within(self, extent: Extent) -> Self {
        Self { blocks: self.blocks.within(extent), ..self }
    }

    fn next(&mut self, recycled: Vec<u8>) -> Result<Option<LogUnit>, ReadError> {
        let Some(block) = self.blocks.next(recycled)? else { return Ok(None) };
        let mut layouts = vec![self.layout.clone()];
        if let Some(schema) = &self.schema {
            for (at, fields) in lines_of_fields(block.bytes()) {
                let layout = schema.layout(fields).map_err(|column| ReadError::Refused {
                    line: line_ends_in(&block.bytes()[..at]),
                    what: format!("the rows after this #Fields line have no {column}, which this run needs"),
                    remedy: "split the file there, or name columns that all its rows have",
                })?;
                layouts.push(Some(Arc::new(layout)));
            }
        }
        self.layout.clone_from(&layouts[layouts.len() - 1]);
        Ok(Some(LogUnit { block, layouts }))
    }
}

/// Where the `#Fields` lines of `text` begin, and what they say.
fn lines_of_fields(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let behind_line_ends = memchr::memmem::find_iter(text, b"\n#").map(|at| at + 1);
    let at_start = text.starts_with(b"#").then_some(0);
    at_start.into_iter().chain(behind_line_ends).filter_map(|at| {
        let line = &text[at..];
        let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
        match Directive::of(line) {
            Some(Directive::Fields(fields)) => Some((at, fields)),
            _ => None,
        }
    })
}
