//! What stands in the parentheses behind the name of an aggregate.

/// What stands in the parentheses behind the name of an aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// A column. Its missing values are not aggregated.
    Column,
    /// A column whose values are numbers: another value rejects its row.
    Numbers,
    /// A column whose values are UTF-8: another value rejects its row.
    Texts,
    /// A column, or nothing: then every event is aggregated.
    ColumnOrNothing,
    /// A condition: the events that fulfil it are aggregated.
    Condition,
}

impl Argument {
    /// Its place in the help: `name(COL)`.
    pub(super) const fn placeholder(self) -> &'static str {
        match self {
            Self::Column | Self::Numbers | Self::Texts => "(COL)",
            Self::ColumnOrNothing => "[(COL)]",
            Self::Condition => "(COL=VALUE)",
        }
    }
}
