//! The first rows of a file with all their columns, for proposals.

use super::batch::EventBatch;
use super::files::BatchFile;
use super::intake::Intake;
use super::projection::Projection;
use super::shown::ShownColumns;
use super::time::{TimeFormat, TimeParser};
use super::{FileDecoder, Format, UnitDecoder};
use crate::core::rules::ProjectedColumns;
use crate::definition::Source;
use crate::error::Result;

/// Files with more columns are not analyzed.
const MAX_COLUMNS: usize = 1_000;

/// The first rows of a file.
#[derive(Debug)]
pub struct Sample {
    /// The format of the file.
    pub format: Format,
    /// Its columns, at most a thousand.
    pub columns: ShownColumns,
    /// The values of its first rows, by column. Rows with another number of fields than columns are left out.
    pub rows: Vec<Vec<Vec<u8>>>,
    /// The source of the file, with what the file decides of it besides its columns.
    pub source: Source,
}

impl Sample {
    /// The first `most` rows of `file`, in the format `asked` or the one that it shows, read as `source` says, whatever its
    /// columns are. Reads no further than the unit in which they end.
    ///
    /// # Errors
    /// As [`FileDecoder::open`], except for columns.
    pub fn of(file: &BatchFile, asked: Option<Format>, source: &Source, most: usize) -> Result<Self> {
        let (format, mut columns) = FileDecoder::columns(file, asked, source)?;
        columns.names.truncate(MAX_COLUMNS);
        columns.times.retain(|place| *place < columns.names.len());
        let mut source = Source { name: None, kept: Vec::new(), ..source.clone() };
        // A typed column of times cannot be a key, but a text column can be both: every column is read as one of them.
        let keys: Vec<usize> =
            (0..columns.names.len()).filter(|place| !columns.times.contains(place)).collect();
        let times =
            if columns.times.is_empty() { keys.get(..1).unwrap_or_default() } else { &columns.times[..] };
        source.key = keys.iter().map(|&place| columns.column(place)).collect();
        source.time = times.iter().map(|&place| columns.column(place)).collect();
        source.header = columns.header();
        let places: Vec<usize> = keys.iter().chain(times).copied().collect();
        let rows = if keys.is_empty() { Vec::new() } else { first_rows(file, format, &mut source, most)? };
        let rows = rows.iter().map(|row| in_order(row, &places, columns.names.len())).collect();
        Ok(Self { format, columns, rows, source })
    }
}

fn first_rows(
    file: &BatchFile,
    format: Format,
    source: &mut Source,
    most: usize,
) -> Result<Vec<Vec<Vec<u8>>>> {
    let kept = ProjectedColumns::default();
    let mut projection = Projection { kept: &kept, event_columns: &mut None };
    let mut times = TimeParser::new(&TimeFormat::Auto, chrono_tz::UTC);
    let decoder = FileDecoder::open(file, Some(format), source, &mut times, &mut projection, u64::MAX)?;
    let mut rows = UnitDecoder::new(Intake::sampling(most));
    let mut batch = EventBatch::default();
    let content = file.reader().map_err(|error| file.read_error(&error))?;
    let mut units = decoder.units(content, file.look_extent());
    // What cannot be read ends the sample: the run itself finds the error again, and knows its place.
    while rows.sampled().len() < most
        && let Ok(Some(unit)) = units.next(Vec::new())
        && rows.decode(&unit, &mut batch).is_ok()
    {}
    Ok(rows.into_sampled())
}

/// The values of a row by column; `places` gives the place of each column.
fn in_order(row: &[Vec<u8>], places: &[usize], columns: usize) -> Vec<Vec<u8>> {
    let mut ordered = vec![Vec::new(); columns];
    for (value, &place) in row.iter().zip(places) {
        ordered[place].clone_from(value);
    }
    ordered
}
