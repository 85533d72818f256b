//! The names in the target.

use crate::ledger::StreamId;

/// What says which target this is.
pub(super) const IDENTITY: &str = "_sessionize.json";

/// The names of one stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreamNames(pub(super) StreamId);

impl StreamNames {
    /// What the names of its manifests begin with.
    pub(super) fn entries(self) -> String {
        format!("_streams/{}/", self.0)
    }

    /// The manifest of a step.
    pub(super) fn entry(self, number: u64) -> String {
        format!("{}{number:010}.json", self.entries())
    }

    /// What the names of its data files begin with.
    pub(super) fn data(self) -> String {
        format!("runs/{}/", self.0)
    }

    /// The same for the data files of everybody who wants to take step `number`. So whatever is there besides the files of the one
    /// who has taken it can never be of use again.
    pub(super) fn data_of_step(self, number: u64) -> String {
        format!("{}{number:010}-", self.data())
    }

    /// The same for those of one of them.
    pub(super) fn data_of_attempt(self, number: u64, attempt: &str) -> String {
        format!("{}{attempt}/", self.data_of_step(number))
    }

    /// The step that a data file belongs to.
    pub(super) fn step_of(self, name: &str) -> Option<u64> {
        name.strip_prefix(&self.data())?.split_once('-')?.0.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_file_tells_its_step() {
        let names = StreamNames(StreamId::of_random([7; 16]));
        let attempt = names.data_of_attempt(12, "ab-cd");
        assert_eq!(attempt, "runs/07070707-0707-4707-8707-070707070707/0000000012-ab-cd/");
        assert_eq!(names.step_of(&format!("{attempt}sessions/run-00000007.csv")), Some(12));
        assert!(attempt.starts_with(&names.data_of_step(12)));
        for other in ["runs/x/0000000012-a/b", "_streams/x/1.json", &names.data(), &names.entry(12)] {
            assert_eq!(names.step_of(other), None, "{other}");
        }
    }
}
