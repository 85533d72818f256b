//! The columns that a file shows.

use crate::definition::Column;

/// How the columns of a file are identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// By names in a header, or by number.
    Header,
    /// Only by number.
    Numbers,
    /// Only by name: each row has its own names, or the format defines them.
    Names,
}

/// The columns that a file shows without a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownColumns {
    /// Their names, or the fields of the first row if they have only numbers.
    pub names: Vec<String>,
    /// How they are identified.
    pub naming: Naming,
    /// The positions of columns that can be times but not keys, in a format with typed columns.
    pub times: Vec<usize>,
}

impl ShownColumns {
    /// Whether the first row is a header, unless the rows name their own columns.
    pub const fn header(&self) -> Option<bool> {
        match self.naming {
            Naming::Header => Some(true),
            Naming::Numbers => Some(false),
            Naming::Names => None,
        }
    }

    /// The column at `place`, from 0, without a request.
    #[expect(clippy::cast_possible_truncation, reason = "numbers of columns")]
    pub(super) fn column(&self, place: usize) -> Column {
        match self.naming {
            Naming::Names => Column { position: None, name: Some(self.names[place].clone()) },
            Naming::Header | Naming::Numbers => Column { position: Some(place as u32), name: None },
        }
    }
}
