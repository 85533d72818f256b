//! The names on the disk that the protocol uses.

/// A run, numbered from 1. 0 is the time before all runs.
pub type Run = u8;

/// A checkpoint, and the stream that it is of.
pub type Checkpoint = u8;

/// A name below one root. `docs/format.md` has the real names. A run has one output here: the program treats all of them alike, and a
/// trace is held to the model once for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Path {
    /// The folder that contains all others; it is always there.
    Root,
    /// The state folder.
    State(Checkpoint),
    /// The log of the store.
    Log(Checkpoint),
    /// What the store writes once.
    Conf(Checkpoint),
    /// The output folder.
    Out,
    /// `owner.json`.
    Owner,
    /// The same while it is written.
    OwnerPartial,
    /// `.staging/`.
    Staging,
    /// `.staging/run-N/`.
    StagedRun(Run),
    /// The staged output.
    StagedSessions(Run),
    /// The staged manifest.
    StagedManifest(Run),
    /// `sessions/`.
    SessionsFolder,
    /// `sessions/session_date=D/`, where outputs are divided by days.
    Day,
    /// The published output, in `sessions/`.
    Sessions(Run),
    /// The same in the folder of a day.
    SessionsOfDay(Run),
    /// `manifests/`.
    Manifests,
    /// The published manifest.
    Manifest(Run),
    /// `retracted/`.
    RetractedFolder,
    /// `retracted/sessions/`.
    RetractedSessions,
    /// The same for the day.
    RetractedDay,
    /// The output of a run that was rolled back.
    Retracted(Run),
    /// The same in the folder of the day.
    RetractedOfDay(Run),
}

impl Path {
    /// The folder that has this name.
    pub const fn folder(self) -> Self {
        match self {
            Self::Root | Self::State(_) | Self::Out => Self::Root,
            Self::Log(of) | Self::Conf(of) => Self::State(of),
            Self::Owner | Self::OwnerPartial | Self::Staging => Self::Out,
            Self::SessionsFolder | Self::Manifests | Self::RetractedFolder => Self::Out,
            Self::StagedRun(_) => Self::Staging,
            Self::StagedSessions(run) | Self::StagedManifest(run) => Self::StagedRun(run),
            Self::Day | Self::Sessions(_) => Self::SessionsFolder,
            Self::SessionsOfDay(_) => Self::Day,
            Self::Manifest(_) => Self::Manifests,
            Self::RetractedSessions => Self::RetractedFolder,
            Self::RetractedDay | Self::Retracted(_) => Self::RetractedSessions,
            Self::RetractedOfDay(_) => Self::RetractedDay,
        }
    }

    /// Whether it lies somewhere below `folder`.
    pub fn is_below(self, folder: Self) -> bool {
        self != Self::Root && (self.folder() == folder || self.folder().is_below(folder))
    }

    /// Where the output of a run is published.
    pub const fn of_sessions(run: Run, by_days: bool) -> Self {
        if by_days { Self::SessionsOfDay(run) } else { Self::Sessions(run) }
    }

    /// Where it goes when the run is rolled back.
    pub const fn of_retracted(run: Run, by_days: bool) -> Self {
        if by_days { Self::RetractedOfDay(run) } else { Self::Retracted(run) }
    }
}
