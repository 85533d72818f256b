//! The columns that a file shows.

use crate::definition::Column;

/// How the columns of a file are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// By names in a header, or by number.
    Header,
    /// By number alone.
    Numbers,
    /// By name alone: each row names its own, or the format does.
    Names,
}

/// The columns that a file shows, before any of them is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownColumns {
    /// Their names; the fields of the first row where they have only numbers.
    pub names: Vec<String>,
    /// How they are told apart.
    pub naming: Naming,
    /// The places of those that can be times and no keys, in a format whose columns have types.
    pub times: Vec<usize>,
}

impl ShownColumns {
    /// Whether the first row is a header, if the rows do not name their own columns.
    pub const fn header(&self) -> Option<bool> {
        match self.naming {
            Naming::Header => Some(true),
            Naming::Numbers => Some(false),
            Naming::Names => None,
        }
    }

    /// The column at `place`, from 0, as nobody has asked for it yet.
    #[expect(clippy::cast_possible_truncation, reason = "numbers of columns")]
    pub(super) fn column(&self, place: usize) -> Column {
        match self.naming {
            Naming::Names => Column { position: None, name: Some(self.names[place].clone()) },
            Naming::Header | Naming::Numbers => Column { position: Some(place as u32), name: None },
        }
    }
}
