//! What is open of one key, whatever the version and the rules: the form in which it is read, exported and imported.

use super::text;
use super::v1::{OpenSession, RuledState, StateRow};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What is open of one key, or a part of it: a long tail goes on in further rows of the same key, which have no open session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRow<'a> {
    /// The key.
    #[serde(with = "text::bytes")]
    pub key: Cow<'a, [u8]>,
    /// The session that may grow.
    pub open: Option<OpenSession>,
    /// Events not folded yet.
    pub tail_us: Vec<i64>,
    /// What is open of a key under rules; then there is nothing in the two before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruled: Option<Box<RuledState>>,
}

impl<'a> From<StateRow<'a>> for OpenRow<'a> {
    fn from(row: StateRow<'a>) -> Self {
        Self { key: Cow::Borrowed(row.key), open: row.open, tail_us: row.tail_us, ruled: None }
    }
}

impl<'a> OpenRow<'a> {
    /// The row of a key under rules.
    pub fn under_rules(key: Cow<'a, [u8]>, state: RuledState) -> Self {
        Self { key, open: None, tail_us: Vec::new(), ruled: Some(Box::new(state)) }
    }

    /// The session that may grow, with or without rules.
    pub fn session(&self) -> Option<OpenSession> {
        self.open.or_else(|| self.ruled.as_ref()?.open.as_ref().map(|session| session.open))
    }

    /// The times of its tail, with or without rules.
    pub fn tail(&self) -> impl Iterator<Item = i64> + Clone + '_ {
        let ruled = self.ruled.iter().flat_map(|state| state.tail.iter().map(|(us, _)| *us));
        self.tail_us.iter().copied().chain(ruled)
    }

    /// Whether nothing is open: among changes, the key is removed.
    pub fn is_nothing(&self) -> bool {
        let ruled = self.ruled.as_deref();
        self.session().is_none()
            && self.tail().next().is_none()
            && ruled.is_none_or(|state| state.before.is_none())
    }

    /// Events in that session and the tail.
    pub fn events(&self) -> u64 {
        self.session().map_or(0, |open| open.events) + self.tail().count() as u64
    }
}
