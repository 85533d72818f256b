//! Access logs of web servers: Common Log Format, Combined, either with a virtual host before it or anything behind it, as Apache
//! and nginx write them; and those of the load balancers of AWS.

mod line;
mod load_balancer;
mod quoted;
mod request;
mod unescaped;

use super::batch::EventBatch;
use super::blocks::{Block, BlockReader, LineEnds};
use super::columns::Columns;
use super::decoder::Decoder;
use super::detect;
use super::files::BatchFile;
use super::intake::Intake;
use super::names::{check_are_named, check_have_names};
use super::projection::{Header, Projection, resolve_columns};
use super::read_error::ReadError;
use super::reason::Reason;
use super::shown::{Naming, ShownColumns};
use super::time::TimeParser;
use crate::definition::{ColumnRequest, FormatOptions, Source};
use crate::error::Result;
use line::{Fields, NAMES, QUOTED, present};
use std::io::Read;
use unescaped::Unescaped;

/// The column of the time.
const TIME: &str = "time";

/// The columns by which most people tell users apart.
const USUAL_KEY: [&str; 2] = ["remote_host", "user_agent"];

/// How many lines at the beginning of a file show whether it is an access log: more than half of them are lines of one.
const SHOWN_LINES: usize = 10;

/// The decoder of one access log.
#[derive(Debug)]
pub struct WebLog {
    columns: Columns,
    /// Whether any column is wanted that stands in quotes.
    wants_quoted: bool,
}

impl Decoder for WebLog {
    type Unit = Block;
    type Units<R: Read> = BlockReader<R, LineEnds>;
    type Scratch = Unescaped;

    /// Most of the first lines are lines of an access log, and nobody has said that delimiters stand between their fields.
    fn fits(beginning: &[u8], options: &FormatOptions) -> bool {
        let lines = detect::whole_lines(beginning).take(SHOWN_LINES);
        let mut are_read: Vec<bool> = lines.map(|line| read(line, false).is_some()).collect();
        // The last line of a log that is still written may be cut: it says nothing.
        if are_read.last() == Some(&false) && !beginning.ends_with(b"\n") {
            are_read.pop();
        }
        let is_cut_otherwise =
            options.get("delimiter").is_some_and(|delimiter| !matches!(delimiter, "," | "auto"));
        !is_cut_otherwise && 2 * are_read.iter().filter(|&&is_read| is_read).count() > are_read.len()
    }

    fn columns(_file: &BatchFile, _source: &Source) -> Result<ShownColumns> {
        Ok(ShownColumns {
            names: NAMES.map(str::to_owned).to_vec(),
            naming: Naming::Names,
            times: Vec::new(),
        })
    }

    fn open(
        file: &BatchFile,
        source: &mut Source,
        _times: &mut TimeParser,
        projection: &mut Projection<'_>,
        _max_bytes: u64,
    ) -> Result<Self> {
        source.fill_open(&[], &[ColumnRequest::Name(TIME.to_owned())]);
        let names = NAMES.map(str::to_owned);
        check_are_named(source, &names, &USUAL_KEY, file)?;
        check_have_names(source, &names, file)?;
        let header = Header { names: &names, is_there: true, is_first_file: source.is_undecided() };
        Ok(Self::new(resolve_columns(source, &header, file, projection)?))
    }

    fn units<R: Read>(&self, content: R) -> Self::Units<R> {
        BlockReader::new(content, LineEnds)
    }

    fn decode(
        &self,
        block: &Block,
        intake: &mut Intake,
        unescaped: &mut Unescaped,
        batch: &mut EventBatch,
    ) -> Result<(), ReadError> {
        batch.lines.lines = block.lines;
        let common = self.columns.key_and_time().filter(|_| intake.is_plain() && !self.wants_quoted);
        for row in block.rows() {
            if row.is_blank() {
                batch.lines.blank += 1;
            } else if let Some(fields) = read(row.bytes, self.wants_quoted) {
                if let Some((key, time)) = common
                    && intake.take_common(present(fields[key]), present(fields[time]), row.line, batch)
                {
                    continue;
                }
                let values = if self.wants_quoted { unescaped.values(row.bytes, &fields) } else { None };
                intake.take(row, &self.columns, |position| value(&fields, values.as_ref(), position), batch);
            } else {
                batch.reject(row, Reason::MalformedLine);
            }
        }
        Ok(())
    }
}

impl WebLog {
    fn new(columns: Columns) -> Self {
        let wants_quoted = columns.positions().iter().any(|position| QUOTED.contains(position));
        Self { columns, wants_quoted }
    }
}

/// The value of a column: of `values`, where a line needs other ones than its `fields`.
#[inline]
fn value<'l>(fields: &Fields<'l>, values: Option<&Fields<'l>>, position: usize) -> &'l [u8] {
    values.map_or_else(|| present(fields[position]), |values| values[position])
}

/// The fields of `line`, in whichever form it is; the parts of the request only if they are wanted.
fn read(line: &[u8], wants_request: bool) -> Option<Fields<'_>> {
    line::read(line, wants_request).or_else(|| load_balancer::read(line))
}

#[cfg(test)]
mod tests;
