//! Hashes in the place of the key of a row, wherever its event shows the key.

use super::columns::{Columns, ProjectedField};
use super::event_fields::EventFields;
use crate::definition::{HASH_DIGITS, KeyHasher};

/// The hashes of the parts of one key. They are replaced for each row.
#[derive(Debug)]
pub(super) struct HashedKey {
    hasher: KeyHasher,
    /// The position of each part, and its hash, unless it is missing.
    parts: Vec<(usize, Option<[u8; HASH_DIGITS]>)>,
    /// The hash of the whole row, if its event carries a digest of it: without a secret, that would show whether a key was guessed.
    row: Option<[u8; HASH_DIGITS]>,
}

impl HashedKey {
    pub(super) const fn new(hasher: KeyHasher) -> Self {
        Self { hasher, parts: Vec::new(), row: None }
    }

    /// Reads the key of a row.
    pub(super) fn read<'f>(&mut self, row: &[u8], columns: &Columns, fields: &impl EventFields<'f>) {
        let Self { hasher, parts, .. } = self;
        parts.clear();
        for &position in &columns.key {
            let value = fields.key(position);
            parts.push((position, (!value.is_empty()).then(|| hasher.hash(value))));
        }
        let has_digest = columns.kept.contains(&ProjectedField::RowDigest);
        self.row = has_digest.then(|| self.hasher.hash(row));
    }

    /// The hash of the part of the key at `position`.
    fn part(&self, position: usize) -> Option<&[u8]> {
        let found = self.parts.iter().find(|(of, _)| *of == position);
        found.and_then(|(_, hash)| hash.as_ref()).map(|hash| &hash[..])
    }
}

/// The fields of a row with a hashed key. The time is read from the row as it came, also where it shares a column with the key.
pub(super) struct WithHashedKey<'h, F> {
    pub(super) fields: F,
    pub(super) key: &'h HashedKey,
}

impl<'f, F: EventFields<'f>> EventFields<'f> for WithHashedKey<'f, F> {
    fn time(&self, position: usize) -> &'f [u8] {
        self.fields.time(position)
    }

    fn key(&self, position: usize) -> &'f [u8] {
        self.key.part(position).unwrap_or_default()
    }

    fn kept(&self, position: usize) -> &'f [u8] {
        self.key.part(position).unwrap_or_else(|| self.fields.kept(position))
    }

    fn row<'r>(&'r self, row: &'r [u8]) -> &'r [u8] {
        self.key.row.as_ref().map_or(row, |hash| &hash[..])
    }
}
