//! A part of a file.

/// Which part of the content of a file is taken in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// How many bytes, from the first one, were taken in before.
    pub known_bytes: u64,
    /// Whether a last row without an end is left: whoever writes the file is about to go on with it.
    pub leaves_unfinished: bool,
}

impl Extent {
    /// All of it.
    pub const WHOLE: Self = Self { known_bytes: 0, leaves_unfinished: false };
}
