//! The fields of rows that an intake asks for, from the columns that are read.

use super::cells::Cells;
use super::columns::{FileColumn, Values};
use crate::input::columns::{Columns, ProjectedField};

/// The fields that are asked for: the positions of `columns` are those of the file's columns, and one behind them is that of the
/// moments.
#[derive(Debug)]
pub(in crate::input) struct Fields {
    pub(in crate::input) columns: Columns,
    /// The cells to make of a batch of rows: which of the columns that are read, and whether its values are moments.
    cells: Vec<(usize, bool)>,
    /// Where the cells of each position stand among all; behind them where nobody asks.
    place_of: Vec<usize>,
}

impl Fields {
    /// The fields of `columns` as texts.
    pub(in crate::input) fn of_texts(columns: Columns, read: &[usize], all: usize) -> Self {
        // The text of a row has all of them.
        let is_text = |position: &usize| needs_row(&columns) || columns.positions().contains(position);
        let texts = (0..all).filter(is_text);
        let cells: Vec<(usize, bool)> = texts.map(|position| (place(read, position), false)).collect();
        let place_of = (0..all).map(|position| place_of(&cells, (place(read, position), false))).collect();
        Self { columns, cells, place_of }
    }

    /// The same with the time, which is one column, as moments.
    pub(in crate::input) fn with_moments(columns: &Columns, read: &[usize], all: usize) -> Self {
        let moments: Vec<_> = columns.time.iter().map(|&position| (place(read, position), true)).collect();
        let columns = Columns { time: vec![all], ..columns.clone() };
        let mut fields = Self::of_texts(columns, read, all);
        fields.place_of.push(fields.cells.len());
        fields.cells.extend(moments);
        fields
    }

    /// The cells of rows of which `values` were read.
    pub(in crate::input) fn cells(&self, values: &[Values], columns: &[&FileColumn]) -> Vec<Cells> {
        let cells = |&(place, is_moment): &(usize, bool)| {
            let values: &Values = &values[place];
            if is_moment { Cells::of_moments(values) } else { Cells::of(values, columns[place]) }
        };
        self.cells.iter().map(cells).collect()
    }

    /// The cells of key and time, if nothing else is wanted of a row.
    pub(in crate::input) fn common<'c>(&self, cells: &'c [Cells]) -> Option<(&'c Cells, &'c Cells)> {
        let (key, time) = self.columns.key_and_time()?;
        let cells_of = |position: usize| self.place_of.get(position).and_then(|&place| cells.get(place));
        cells_of(key).zip(cells_of(time))
    }

    /// The field at a position.
    #[inline]
    pub(in crate::input) fn get<'c>(&self, cells: &'c [Cells], position: usize, row: usize) -> &'c [u8] {
        cells[self.place_of[position]].get(row)
    }
}

/// Whether events need the text of their row.
pub(in crate::input) fn needs_row(columns: &Columns) -> bool {
    columns.kept.contains(&ProjectedField::RowDigest)
}

/// Where a column stands among those that are read.
fn place(read: &[usize], position: usize) -> usize {
    read.iter().position(|&column| column == position).unwrap_or(read.len())
}

fn place_of(cells: &[(usize, bool)], wanted: (usize, bool)) -> usize {
    cells.iter().position(|&cell| cell == wanted).unwrap_or(cells.len())
}
