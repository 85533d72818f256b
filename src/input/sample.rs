//! The first rows of a file, all their columns as they stand there: what a proposal looks at.

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

/// A file with more columns is looked at no further.
const MAX_COLUMNS: usize = 1_000;

/// The first rows of a file.
#[derive(Debug)]
pub struct Sample {
    /// The format of the file.
    pub format: Format,
    /// Its columns, a thousand at most.
    pub columns: ShownColumns,
    /// The values of its first rows, by column. Rows without as many fields as there are columns are not among them.
    pub rows: Vec<Vec<Vec<u8>>>,
    /// The source that the file belongs to, with what the file has decided of it, its columns aside.
    pub source: Source,
}

impl Sample {
    /// The first `most` rows of `file`, which is of the format `asked` or shows its own, read as `source` says, whatever columns that
    /// asks for. Looks no further than the unit in which they end.
    ///
    /// # Errors
    /// As [`FileDecoder::open`], columns aside.
    pub fn of(file: &BatchFile, asked: Option<Format>, source: &Source, most: usize) -> Result<Self> {
        let (format, mut columns) = FileDecoder::columns(file, asked, source)?;
        columns.names.truncate(MAX_COLUMNS);
        columns.times.retain(|place| *place < columns.names.len());
        let mut source = Source { name: None, kept: Vec::new(), ..source.clone() };
        // A typed column of times can be no key, and a text one is both: every column is read as one of them.
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
    // What cannot be read ends the sample: the run itself meets the error again, and knows its place.
    while rows.sampled().len() < most
        && let Ok(Some(unit)) = units.next(Vec::new())
        && rows.decode(&unit, &mut batch).is_ok()
    {}
    Ok(rows.into_sampled())
}

/// The values of a row by column, of which each stands where `places` has its column.
fn in_order(row: &[Vec<u8>], places: &[usize], columns: usize) -> Vec<Vec<u8>> {
    let mut ordered = vec![Vec::new(); columns];
    for (value, &place) in row.iter().zip(places) {
        ordered[place].clone_from(value);
    }
    ordered
}
