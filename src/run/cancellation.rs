//! The request that a command ends, and whether it may end now.
#![expect(clippy::disallowed_methods, reason = "measures the time since the last commit")]

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::RunId;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A handle on one command, by which another thread asks it to end. Its clones are the same handle.
///
/// It also knows what the command has committed: that decides whether the command may be ended from outside.
#[derive(Debug, Clone, Default)]
pub struct Cancellation {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    is_requested: AtomicBool,
    commits: Mutex<Commits>,
}

/// The commits of a command, and whether it may be ended beside them.
#[derive(Debug, Default)]
struct Commits {
    /// Whether one has begun whose run is not published yet: then nothing may end the command.
    has_begun: bool,
    /// Whether an end at any moment leaves nothing behind.
    leaves_nothing: bool,
    /// The first run that was committed and published.
    first: Option<RunId>,
    /// The last one, and when it was.
    last: Option<(RunId, Instant)>,
}

impl Commits {
    fn text(&self) -> Option<String> {
        let (first, last) = (self.first?.number(), self.last?.0.number());
        Some(if first == last {
            format!("run {first} is committed")
        } else {
            format!("runs {first} to {last} are committed")
        })
    }
}

impl Cancellation {
    /// Asks the command to end where it can: before its commit.
    pub fn request(&self) {
        self.shared.is_requested.store(true, Ordering::Relaxed);
    }

    fn commits(&self) -> MutexGuard<'_, Commits> {
        self.shared.commits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the command if that was requested. Called wherever it can still end with nothing changed.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`].
    pub(crate) fn check(&self) -> Result<()> {
        self.check_after(|| self.commits().first.is_some())
    }

    fn check_after(&self, is_after_commit: impl FnOnce() -> bool) -> Result<()> {
        if self.shared.is_requested.load(Ordering::Relaxed) {
            return Err(interrupted(is_after_commit()));
        }
        Ok(())
    }

    /// Says that an end of the process would leave nothing behind from here on: the command only reads.
    ///
    /// # Errors
    /// As [`Cancellation::check`].
    pub fn leaves_nothing(&self) -> Result<()> {
        let mut commits = self.commits();
        self.check_after(|| commits.first.is_some())?;
        commits.leaves_nothing = true;
        Ok(())
    }

    /// Says that an end of the process would leave something behind from here on.
    pub(crate) fn leaves_something(&self) {
        self.commits().leaves_nothing = false;
    }

    /// Announces a commit. From here on a request to end waits until the run is published.
    ///
    /// # Errors
    /// As [`Cancellation::check`].
    pub(super) fn begin_commit(&self) -> Result<()> {
        let mut commits = self.commits();
        self.check_after(|| commits.first.is_some())?;
        commits.has_begun = true;
        Ok(())
    }

    /// Says that the commit that has begun is published as `run`.
    pub(super) fn end_commit(&self, run: RunId) {
        let mut commits = self.commits();
        commits.has_begun = false;
        commits.first.get_or_insert(run);
        commits.last = Some((run, Instant::now()));
    }

    /// The runs that the command has committed and published, in words.
    pub fn committed(&self) -> Option<String> {
        self.commits().text()
    }

    /// Gives the error of an interruption, which was requested at `since`, to `end`: at once if nothing would be left behind,
    /// else unless a commit has begun, or less than `grace` has passed since the request and since the last commit. While
    /// `end` works no commit can begin.
    pub fn end_unless_committing(&self, since: Instant, grace: Duration, end: impl FnOnce(Error)) {
        let commits = self.commits();
        let has_passed = |since: Instant| since.elapsed() >= grace;
        let may_end =
            !commits.has_begun && has_passed(since) && commits.last.is_none_or(|(_, at)| has_passed(at));
        if commits.leaves_nothing || may_end {
            end(interrupted(commits.first.is_some()).after_commits(commits.text()));
        }
    }
}

fn interrupted(is_after_commit: bool) -> Error {
    let what = if is_after_commit { "interrupted after the commit" } else { "interrupted before the commit" };
    Error::new(ErrorKind::Failed, what).remedy("rerun the command").nothing_changed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_of(cancellation: &Cancellation, grace: Duration) -> Option<String> {
        let mut said = None;
        cancellation.end_unless_committing(Instant::now(), grace, |error| said = Some(error.to_string()));
        said
    }

    #[test]
    fn a_request_reaches_one_command_and_no_other() {
        let (one, other) = (Cancellation::default(), Cancellation::default());
        one.clone().request();
        assert!(one.check().is_err() && one.begin_commit().is_err() && one.leaves_nothing().is_err());
        assert!(other.check().is_ok() && other.begin_commit().is_ok());
    }

    #[test]
    fn nothing_ends_a_command_between_its_commit_and_the_publishing() {
        let cancellation = Cancellation::default();
        cancellation.begin_commit().unwrap();
        cancellation.request();
        assert_eq!(end_of(&cancellation, Duration::ZERO), None);
        cancellation.end_commit(RunId::new(3));
        let said = "interrupted after the commit; rerun the command; run 3 is committed, nothing was changed after that";
        assert_eq!(end_of(&cancellation, Duration::ZERO).as_deref(), Some(said));
    }

    #[test]
    fn a_command_that_leaves_nothing_behind_ends_without_grace() {
        let (cancellation, grace) = (Cancellation::default(), Duration::from_secs(3600));
        assert_eq!(end_of(&cancellation, grace), None);
        cancellation.leaves_nothing().unwrap();
        assert!(end_of(&cancellation, grace).is_some());
        cancellation.leaves_something();
        assert_eq!(end_of(&cancellation, grace), None);
    }

    #[test]
    fn the_runs_of_a_command_are_told_from_the_first_to_the_last() {
        let cancellation = Cancellation::default();
        assert_eq!(cancellation.committed(), None);
        for (run, text) in [(4, "run 4 is committed"), (5, "runs 4 to 5 are committed")] {
            cancellation.begin_commit().unwrap();
            cancellation.end_commit(RunId::new(run));
            assert_eq!(cancellation.committed().as_deref(), Some(text));
        }
    }
}
