//! What the figures of sessions do not have.

/// Something that a page cannot count, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOut {
    /// The outputs of the first runs were pruned.
    Pruned {
        /// The last of them.
        through: u64,
        /// Their sessions.
        sessions: u64,
    },
    /// A run has no manifest here.
    NoManifest {
        /// The run.
        run: u64,
        /// Its sessions.
        sessions: u64,
    },
    /// A run has emitted events only.
    EventsOnly {
        /// The run.
        run: u64,
        /// Its sessions.
        sessions: u64,
    },
    /// An output is gone.
    Gone {
        /// Its path, relative to the output folder.
        path: String,
        /// Its rows.
        rows: u64,
    },
    /// An output or a manifest cannot be read, or is not what was published.
    Unread {
        /// Its path, or its run.
        what: String,
        /// Why.
        why: String,
    },
    /// A run is committed, and not published yet.
    Unpublished {
        /// The run.
        run: u64,
    },
}
