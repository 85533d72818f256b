//! How many different users there were, in bounded memory.

use std::collections::HashMap;

/// Different users, counted by the hashes of their keys.
///
/// All hashes are kept until there is no room. Then those of one half of all possible hashes are kept, of a quarter, and so on
/// (adaptive sampling): what is kept is a random sample of the users, and times two, four and so on it estimates their number. In
/// contrast to a sketch, it also forgets a user whose last session was taken back.
#[derive(Debug, Clone, Default)]
pub struct Users {
    /// The sessions of each user that is kept.
    kept: HashMap<u64, u32>,
    /// How often the sample was halved.
    level: u32,
}

impl Users {
    /// Counts a session of the user with this hash; true if the user is one more to keep.
    pub(super) fn insert(&mut self, hash: u64) -> bool {
        if hash.leading_zeros() < self.level {
            return false;
        }
        let sessions = self.kept.entry(hash).or_insert(0);
        *sessions += 1;
        *sessions == 1
    }

    /// Takes a session back; true if its user is one less to keep.
    pub(super) fn remove(&mut self, hash: u64) -> bool {
        let Some(sessions) = self.kept.get_mut(&hash) else { return false };
        *sessions -= 1;
        let is_last = *sessions == 0;
        if is_last {
            self.kept.remove(&hash);
        }
        is_last
    }

    /// Keeps one half of the users; how many it no longer keeps.
    pub(super) fn halve(&mut self) -> usize {
        let before = self.kept.len();
        self.level += 1;
        let level = self.level;
        self.kept.retain(|hash, _| hash.leading_zeros() >= level);
        self.kept.shrink_to_fit();
        before - self.kept.len()
    }

    /// Adds the users of `other`; how many users that both kept are now kept once.
    pub(super) fn absorb(&mut self, mut other: Self) -> usize {
        let before = self.kept.len() + other.kept.len();
        while self.level < other.level {
            self.halve();
        }
        while other.level < self.level {
            other.halve();
        }
        for (hash, sessions) in other.kept {
            *self.kept.entry(hash).or_insert(0) += sessions;
        }
        before - self.kept.len()
    }

    /// How many users are kept.
    pub(super) fn kept(&self) -> usize {
        self.kept.len()
    }

    /// The number of different users.
    pub fn count(&self) -> u64 {
        (self.kept.len() as u64) << self.level
    }

    /// Whether the number is an estimate.
    pub const fn is_estimate(&self) -> bool {
        self.level > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::partition::KeyHash;

    fn users(numbers: std::ops::Range<u32>) -> Users {
        let mut users = Users::default();
        for number in numbers {
            users.insert(KeyHash::of(format!("user {number}").as_bytes()).whole());
        }
        users
    }

    #[test]
    fn users_are_counted_once_and_forgotten_with_their_last_session() {
        let mut users = users(0..10);
        let hash = KeyHash::of(b"user 3").whole();
        assert!(!users.insert(hash));
        assert_eq!(users.count(), 10);
        assert!(!users.remove(hash));
        assert!(users.remove(hash));
        assert!(!users.remove(hash));
        assert_eq!((users.count(), users.is_estimate()), (9, false));
    }

    #[test]
    fn a_sample_estimates_and_two_samples_become_one() {
        let (mut one, mut other) = (users(0..20_000), users(10_000..30_000));
        for _ in 0..3 {
            one.halve();
        }
        other.halve();
        let kept = one.kept() + other.kept();
        let gone = one.absorb(other);
        assert_eq!(one.kept(), kept - gone);
        assert!(one.is_estimate());
        // 3,750 of 30,000 are kept: four standard errors are six percent.
        assert!((28_200..31_800).contains(&one.count()), "{}", one.count());
    }
}
