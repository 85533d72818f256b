//! The fields of a row, as what each part of its event takes them for.

use crate::core::rules::RowSelection;

/// Gives the fields of one row by their positions.
pub(super) trait EventFields<'f> {
    /// As a part of the time.
    fn time(&self, position: usize) -> &'f [u8];

    /// As a part of the key; empty if it is missing.
    fn key(&self, position: usize) -> &'f [u8];

    /// As what the event carries.
    fn kept(&self, position: usize) -> &'f [u8];

    /// The bytes of the whole row, as far as the event carries their digest.
    fn row<'r>(&'r self, row: &'r [u8]) -> &'r [u8] {
        row
    }
}

/// Each field as it is.
pub(super) struct AsTheyAre<F>(pub(super) F);

impl<'f, F: Fn(usize) -> &'f [u8]> EventFields<'f> for AsTheyAre<F> {
    #[inline]
    fn time(&self, position: usize) -> &'f [u8] {
        (self.0)(position)
    }

    #[inline]
    fn key(&self, position: usize) -> &'f [u8] {
        (self.0)(position)
    }

    #[inline]
    fn kept(&self, position: usize) -> &'f [u8] {
        (self.0)(position)
    }
}

/// Key and time without the texts that stand for a missing value.
pub(super) struct Present<'s, F> {
    pub(super) field: F,
    pub(super) selection: &'s RowSelection,
}

impl<'f, F: Fn(usize) -> &'f [u8]> EventFields<'f> for Present<'_, F> {
    #[inline]
    fn time(&self, position: usize) -> &'f [u8] {
        self.key(position)
    }

    #[inline]
    fn key(&self, position: usize) -> &'f [u8] {
        self.selection.present((self.field)(position))
    }

    #[inline]
    fn kept(&self, position: usize) -> &'f [u8] {
        (self.field)(position)
    }
}
