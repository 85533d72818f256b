//! What a process has changed and not synced yet.

use std::collections::BTreeSet;

/// Files whose bytes, and folders whose names, are only in memory.
#[derive(Debug, Clone, Default)]
pub struct Unsynced(BTreeSet<String>);

impl Unsynced {
    /// Notes a change of the disk: what it was done to, and for a rename or a link the new name.
    pub fn note(&mut self, change: char, path: &str, other: &str) {
        match change {
            'C' => self.0.extend([path.to_owned(), folder_of(path)]),
            'W' => _ = self.0.insert(path.to_owned()),
            'M' => _ = self.0.insert(folder_of(path)),
            'R' | 'L' => _ = self.0.insert(folder_of(other)),
            'S' => _ = self.0.remove(path),
            _ => {}
        }
    }

    /// Holds that the bytes of a file are synced.
    ///
    /// # Errors
    /// If they are not.
    pub fn expect_bytes(&self, path: &str) -> Result<(), String> {
        if self.0.contains(path) {
            Err(format!("{path} gets its name before its bytes are synced"))
        } else {
            Ok(())
        }
    }

    /// Holds that everything is synced.
    ///
    /// # Errors
    /// What is not, before `what`.
    pub fn expect_none(&self, what: &str) -> Result<(), String> {
        self.0.first().map_or(Ok(()), |path| Err(format!("{what} comes before a sync of {path}")))
    }
}

fn folder_of(path: &str) -> String {
    path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()
}
