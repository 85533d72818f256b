//! The request to end a command, and whether it may end now.
#![expect(clippy::disallowed_methods, reason = "measures the time since the last commit")]

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::RunId;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A handle on one command, with which another thread requests its end. Clones are the same handle.
///
/// It also knows what the command has committed, which decides whether the command may be ended from outside.
#[derive(Debug, Clone, Default)]
pub struct Cancellation {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    is_requested: Arc<AtomicBool>,
    commits: Mutex<Commits>,
}

/// The commits of a command, and whether it may be ended during them.
#[derive(Debug, Default)]
struct Commits {
    /// Whether a commit has begun whose run is not published yet: then nothing may end the command.
    has_begun: bool,
    /// Whether the command may end at any moment without leaving anything behind.
    leaves_nothing: bool,
    /// Whether it delivers: then an end at any moment leaves a target that the next delivery goes on with.
    delivers: bool,
    /// The first run that was committed and published.
    first: Option<RunId>,
    /// The last such run, and the time of its publication.
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

    /// The error of a command that is ended now.
    fn interrupted(&self) -> Error {
        if self.delivers {
            return Error::new(ErrorKind::Failed, "interrupted during the delivery")
                .remedy("rerun the command: it goes on, and delivers nothing twice");
        }
        let after = self.first.is_some();
        let what = if after { "interrupted after the commit" } else { "interrupted before the commit" };
        Error::new(ErrorKind::Failed, what).remedy("rerun the command").nothing_changed()
    }
}

impl Cancellation {
    /// Requests that the command ends where it can: before its commit.
    #[cfg(test)]
    pub fn request(&self) {
        self.flag().store(true, Ordering::Relaxed);
    }

    /// What is true from the request on, for the handler of a signal.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.shared.is_requested)
    }

    fn commits(&self) -> MutexGuard<'_, Commits> {
        self.shared.commits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns an error if the end was requested. A command calls this wherever it can end without changes.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`].
    pub(crate) fn check(&self) -> Result<()> {
        self.check_while(&self.commits())
    }

    fn check_while(&self, commits: &Commits) -> Result<()> {
        if self.shared.is_requested.load(Ordering::Relaxed) { Err(commits.interrupted()) } else { Ok(()) }
    }

    /// From here on, the command may end at any moment without leaving anything behind: it only reads.
    ///
    /// # Errors
    /// As [`Cancellation::check`].
    pub fn leaves_nothing(&self) -> Result<()> {
        let mut commits = self.commits();
        self.check_while(&commits)?;
        commits.leaves_nothing = true;
        Ok(())
    }

    /// Says that the command delivers from here on, and may be ended at any moment: a target has whole runs.
    ///
    /// # Errors
    /// As [`Cancellation::check`].
    pub fn delivers(&self) -> Result<()> {
        self.leaves_nothing()?;
        self.commits().delivers = true;
        Ok(())
    }

    /// From here on, an end of the process would leave something behind.
    pub(crate) fn leaves_something(&self) {
        self.commits().leaves_nothing = false;
    }

    /// Announces a commit. From here on, a request to end waits until the run is published.
    ///
    /// # Errors
    /// As [`Cancellation::check`].
    pub(crate) fn begin_commit(&self) -> Result<()> {
        let mut commits = self.commits();
        self.check_while(&commits)?;
        commits.has_begun = true;
        Ok(())
    }

    /// The commit that has begun is now published as `run`.
    pub(super) fn end_commit(&self, run: RunId) {
        let mut commits = self.commits();
        commits.has_begun = false;
        commits.first.get_or_insert(run);
        commits.last = Some((run, Instant::now()));
    }

    /// The runs that the command has committed and published, as text.
    pub fn committed(&self) -> Option<String> {
        self.commits().text()
    }

    /// Passes the error of an interruption, requested at `since`, to `end`: at once if nothing would be left behind. Otherwise
    /// not while a commit is under way, and not before `grace` has passed since the request and since the last commit. No
    /// commit can begin while `end` works.
    pub fn end_unless_committing(&self, since: Instant, grace: Duration, end: impl FnOnce(Error)) {
        let commits = self.commits();
        let has_passed = |since: Instant| since.elapsed() >= grace;
        let may_end =
            !commits.has_begun && has_passed(since) && commits.last.is_none_or(|(_, at)| has_passed(at));
        if commits.leaves_nothing || may_end {
            end(commits.interrupted().after_commits(commits.text()));
        }
    }
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
    fn a_delivery_ends_at_any_moment_and_says_that_it_goes_on() {
        let (cancellation, grace) = (Cancellation::default(), Duration::from_secs(3600));
        cancellation.delivers().unwrap();
        let said =
            "interrupted during the delivery; rerun the command: it goes on, and delivers nothing twice";
        assert_eq!(end_of(&cancellation, grace).as_deref(), Some(said));
        cancellation.request();
        assert_eq!(cancellation.check().unwrap_err().to_string(), said);
        assert!(cancellation.delivers().is_err());
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
