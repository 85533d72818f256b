//! The argument of an aggregate, in parentheses after its name.

/// The argument of an aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// A column. Missing values are ignored.
    Column,
    /// A column of numbers. Any other value rejects its row.
    Numbers,
    /// A column of UTF-8 texts. Any other value rejects its row.
    Texts,
    /// A column, or nothing: then each event counts.
    ColumnOrNothing,
    /// A condition: the events that meet it count.
    Condition,
}

impl Argument {
    /// Its form in the help: `name(COL)`.
    pub(super) const fn placeholder(self) -> &'static str {
        match self {
            Self::Column | Self::Numbers | Self::Texts => "(COL)",
            Self::ColumnOrNothing => "[(COL)]",
            Self::Condition => "(COL=VALUE)",
        }
    }
}
