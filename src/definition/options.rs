//! Properties of the formats of files, by name. Only the formats know what the names and values mean.

use super::difference::Differences;
use std::collections::BTreeMap;

/// Properties of the formats of files by name, with values, such as the delimiter of CSV.
///
/// A source has those that were requested and those that a file has decided. Missing ones are open: a later run may request
/// them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormatOptions(BTreeMap<String, String>);

impl FormatOptions {
    /// The value of the property `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Fixes the value of the property `name`, if it is open.
    pub fn decide(&mut self, name: &str, value: &str) {
        self.0.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }

    /// Names and values, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// These properties, with the open ones taken from `others`.
    #[must_use]
    pub(super) fn or(&self, others: &Self) -> Self {
        Self(others.0.iter().chain(&self.0).map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// Adds each property whose requested value differs from the kept one.
    pub(super) fn compare(&self, asked: &Self, found: &mut Differences) {
        for (name, value) in asked.iter() {
            if let Some(kept) = self.get(name).filter(|kept| *kept != value) {
                found.add(name, kept.to_owned(), value.to_owned());
            }
        }
    }
}

impl FromIterator<(String, String)> for FormatOptions {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(options: I) -> Self {
        Self(options.into_iter().collect())
    }
}
