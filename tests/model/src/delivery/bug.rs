//! Mistakes in deliveries that the checks of the model must notice.

/// A mistake. The program makes none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bug {
    /// The position moves in a transaction of its own, before the rows.
    PositionFirst,
    /// The same, after the rows.
    RowsFirst,
    /// The tables are not locked: who has read a position goes on from it, wherever it is now.
    PositionNotCompared,
    /// A rollback takes nothing back in the target.
    RunsNotTakenBack,
    /// An older copy of the output folder, or another history, is not refused.
    HistoryNotCompared,
    /// An output is looked for in its place alone, and not in `retracted/`.
    RetractedNotRead,
    /// The position is registered before the target has committed it.
    RegisteredFirst,
    /// The manifest is put before the data.
    ManifestFirst,
    /// The manifest replaces one that is there.
    PutNotConditional,
    /// Whatever stands under the name of the step counts as one's own.
    AttemptNotCompared,
    /// What others have sent is removed before the step is taken.
    CleanedEarly,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::PositionFirst,
        Self::RowsFirst,
        Self::PositionNotCompared,
        Self::RunsNotTakenBack,
        Self::HistoryNotCompared,
        Self::RetractedNotRead,
        Self::RegisteredFirst,
        Self::ManifestFirst,
        Self::PutNotConditional,
        Self::AttemptNotCompared,
        Self::CleanedEarly,
    ];
}
