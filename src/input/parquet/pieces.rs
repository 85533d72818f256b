//! The pieces of a file that are decoded side by side: its row groups, the large ones in several pieces.

use crate::input::decoder::{Unit, Units};
use crate::input::read_error::ReadError;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};

/// What the values of a piece come to at most, as far as the file says it.
const PIECE_BYTES: u64 = 4 << 20;
/// More rows have no piece. Fixed, as the size of a block of text: the order of the output rests on it. Some writers make
/// row groups of 122,880 rows with one page for each column: two pieces would both decompress it.
const PIECE_ROWS: u64 = 1 << 17;
/// A piece for fewer rows than this is not worth its start.
const FEWEST_ROWS: u64 = 1 << 10;

/// Rows of one row group that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    pub(super) row_group: usize,
    pub(super) first_row: usize,
    pub(super) rows: usize,
    bytes: u64,
}

/// The pieces of a file in order.
#[derive(Debug)]
pub struct Pieces(std::vec::IntoIter<Piece>);

impl Pieces {
    pub(super) fn of(pieces: Vec<Piece>) -> Self {
        Self(pieces.into_iter())
    }
}

impl Units for Pieces {
    type Unit = Piece;

    fn next(&mut self, _recycled: Vec<u8>) -> std::result::Result<Option<Piece>, ReadError> {
        Ok(self.0.next())
    }
}

impl Unit for Piece {
    fn byte_count(&self) -> u64 {
        self.bytes
    }

    fn into_memory(self) -> Vec<u8> {
        Vec::new()
    }
}

/// Cuts a file into pieces, of whose columns those in `leaves` are read.
///
/// # Errors
/// If its numbers of rows contradict each other.
pub(super) fn pieces_of(metadata: &ParquetMetaData, leaves: &[usize]) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut all_rows = 0_u64;
    for (row_group, group) in metadata.row_groups().iter().enumerate() {
        let rows = count(group.num_rows())?;
        all_rows = all_rows.saturating_add(rows);
        let bytes = bytes_of(group, leaves)?;
        let rows_at_once = rows_at_once(rows, bytes);
        for first_row in (0..rows).step_by(usize::try_from(rows_at_once).unwrap_or(usize::MAX)) {
            let rows_here = rows_at_once.min(rows - first_row);
            let share = u128::from(bytes) * u128::from(rows_here) / u128::from(rows);
            pieces.push(Piece {
                row_group,
                first_row: usize::try_from(first_row).unwrap_or(usize::MAX),
                rows: usize::try_from(rows_here).unwrap_or(usize::MAX),
                bytes: u64::try_from(share).unwrap_or(u64::MAX),
            });
        }
    }
    let stated = metadata.file_metadata().num_rows();
    if count(stated)? == all_rows {
        return Ok(pieces);
    }
    Err(ParquetError::General(format!(
        "it says that it has {stated} rows, but its row groups have {all_rows}"
    )))
}

fn rows_at_once(rows: u64, bytes: u64) -> u64 {
    let row_bytes = (bytes / rows.max(1)).max(1);
    (PIECE_BYTES / row_bytes).clamp(FEWEST_ROWS, PIECE_ROWS)
}

/// What the columns come to, without compression and without dictionaries where the file says that.
fn bytes_of(group: &RowGroupMetaData, leaves: &[usize]) -> Result<u64> {
    let mut bytes = 0_u64;
    for &leaf in leaves {
        let Some(column) = group.columns().get(leaf) else {
            return Err(ParquetError::General(format!("a row group has no column {}", leaf + 1)));
        };
        let unencoded = column.unencoded_byte_array_data_bytes().unwrap_or(0);
        bytes = bytes.saturating_add(count(column.uncompressed_size().max(unencoded))?);
    }
    Ok(bytes)
}

fn count(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| ParquetError::General(format!("it has a count of {number}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{ArrayRef, Int64Array, RecordBatch};
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;
    use std::sync::Arc;

    fn pieces(rows: i64, rows_of_group: usize) -> Vec<Piece> {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
        let table = RecordBatch::try_from_iter([("number", numbers)]).unwrap();
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(rows_of_group)).build();
        let mut writer = ArrowWriter::try_new(Vec::new(), table.schema(), Some(properties)).unwrap();
        writer.write(&table).unwrap();
        pieces_of(&writer.close().unwrap(), &[0]).unwrap()
    }

    #[test]
    fn a_large_row_group_is_read_in_pieces_and_every_row_is_in_one() {
        let pieces = pieces(300_000, 200_000);
        assert!(pieces.len() >= 3, "{pieces:?}");
        let mut next = [0; 2];
        for piece in &pieces {
            assert_eq!(piece.first_row, next[piece.row_group]);
            assert!((1..=1 << 17).contains(&piece.rows) && piece.byte_count() <= PIECE_BYTES, "{piece:?}");
            next[piece.row_group] += piece.rows;
        }
        assert_eq!(next, [200_000, 100_000]);
    }

    #[test]
    fn wide_rows_come_in_small_pieces_and_no_rows_in_none() {
        assert_eq!(rows_at_once(1_000_000, 1_000_000_000_000), FEWEST_ROWS);
        assert_eq!(rows_at_once(1_000_000, 8_000_000), PIECE_ROWS);
        assert_eq!(rows_at_once(0, 0), PIECE_ROWS);
        assert!(pieces(0, 10).is_empty());
    }
}
