//! The parts of a row that the rules use. They stay with the event; the rest of the row stays in the file.

use super::demand::Demand;

/// A part of a row that the rules use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectedColumn {
    /// The value of a column, given by header name or by number, counted from 1.
    Column(String),
    /// xxh3-128 of the whole row: rows with equal digests are the same row.
    RowDigest,
    /// The values of the whole row, packed.
    Row,
    /// The name of the time zone of its source.
    Zone,
}

impl ProjectedColumn {
    pub(super) fn column(text: &str) -> Self {
        Self::Column(text.to_owned())
    }
}

/// The projected parts of a row, each once: first those that stay with the event, in the order of its payload, then those that
/// only the row filter uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectedColumns {
    parts: Vec<(ProjectedColumn, Demand)>,
    payload_end: Option<usize>,
    hides_key: bool,
}

impl ProjectedColumns {
    /// The place of `kept`, which is added if it is new.
    pub(super) fn place_of(&mut self, kept: ProjectedColumn) -> usize {
        self.demand(kept, |_| ())
    }

    /// The same for values that must have a certain form.
    pub(super) fn demand(&mut self, kept: ProjectedColumn, set: impl FnOnce(&mut Demand)) -> usize {
        let found = self.parts.iter().position(|(part, _)| *part == kept);
        let place = found.unwrap_or_else(|| {
            self.parts.push((kept, Demand::default()));
            self.parts.len() - 1
        });
        set(&mut self.parts[place].1);
        place
    }

    /// Ends the payload: parts that are added later do not stay with the event.
    pub(super) fn end_payload(&mut self) {
        self.payload_end = Some(self.parts.len());
    }

    /// No part may show the key of the row as it came.
    pub(super) const fn hide_key(&mut self) {
        self.hides_key = true;
    }

    /// Whether no part may show the key of the row as it came.
    pub const fn hides_key(&self) -> bool {
        self.hides_key
    }

    /// The number of parts that stay with the event: the first ones.
    pub fn payload_len(&self) -> usize {
        self.payload_end.unwrap_or(self.parts.len())
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_shown_until_it_is_to_be_hidden() {
        let mut columns = ProjectedColumns::default();
        assert!(!columns.hides_key());
        columns.hide_key();
        assert!(columns.hides_key());
    }
}
