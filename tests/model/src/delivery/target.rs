//! What runs are delivered to.

use crate::delivery::database::Database;
use crate::delivery::objects::Objects;
use crate::ledger::{Events, Mark};
use crate::path::Run;

/// A target of either kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// With transactions.
    Database(Database),
    /// With conditional puts.
    Objects(Objects),
}

impl Default for Target {
    fn default() -> Self {
        Self::Database(Database::default())
    }
}

impl Target {
    /// How far it has come.
    pub fn position(&self) -> Mark {
        match self {
            Self::Database(database) => database.position,
            Self::Objects(objects) => objects.position(),
        }
    }

    /// The sessions that a reader finds, each with its run; `None` if what the reader goes by names something that is not there.
    pub fn rows(&self) -> Option<Vec<(Run, Events)>> {
        match self {
            Self::Database(database) => Some(database.rows.clone()),
            Self::Objects(objects) => objects.rows(),
        }
    }
}
