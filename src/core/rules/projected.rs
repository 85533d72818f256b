//! Which parts of a row the rules look at: they travel with the event, everything else stays in the file.

use super::demand::Demand;

/// A part of a row that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectedColumn {
    /// The value of a column, as it is asked for: by header name or 1-based number.
    Column(String),
    /// xxh3-128 of the whole row: two rows with one digest are the same row.
    RowDigest,
    /// The values of the whole row, packed.
    Row,
    /// The name of its source's time zone.
    Zone,
}

impl ProjectedColumn {
    pub(super) fn column(text: &str) -> Self {
        Self::Column(text.to_owned())
    }
}

/// Projected parts of a row in the order of the payload, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectedColumns {
    parts: Vec<(ProjectedColumn, Demand)>,
}

impl ProjectedColumns {
    /// The place of `kept`, which is added if it is new.
    pub(super) fn place_of(&mut self, kept: ProjectedColumn) -> usize {
        self.demand(kept, |_| ())
    }

    /// The same, for values that must have a certain form.
    pub(super) fn demand(&mut self, kept: ProjectedColumn, set: impl FnOnce(&mut Demand)) -> usize {
        let found = self.parts.iter().position(|(part, _)| *part == kept);
        let place = found.unwrap_or_else(|| {
            self.parts.push((kept, Demand::default()));
            self.parts.len() - 1
        });
        set(&mut self.parts[place].1);
        place
    }

    /// The parts in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &(ProjectedColumn, Demand)> {
        self.parts.iter()
    }

    /// The columns among them, in order.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|(part, _)| match part {
            ProjectedColumn::Column(column) => Some(column.as_str()),
            ProjectedColumn::RowDigest | ProjectedColumn::Row | ProjectedColumn::Zone => None,
        })
    }

    /// Whether nothing is kept: events then carry key and time only.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}
