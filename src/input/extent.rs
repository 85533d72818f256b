//! A part of a file.

/// The part of the content of a file to ingest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// The number of bytes at its beginning that were ingested before.
    pub known_bytes: u64,
    /// Whether an unfinished last row is left for a later run: the file is still being written.
    pub leaves_unfinished: bool,
}

impl Extent {
    /// All of it.
    pub const WHOLE: Self = Self { known_bytes: 0, leaves_unfinished: false };
}
