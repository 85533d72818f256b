//! What a command shares with whoever watches it: progress out, the wish to stop in; and the clock of its phases.
//!
//! A process carries out one command, and signals are sent to processes: whether somebody wishes it to end, and what it
//! has committed, is known here for all of it.
#![expect(clippy::disallowed_methods, reason = "phases are measured")]

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::RunId;
use crate::report::Phases;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Shared with the progress bar.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    /// Bytes of rows parsed so far.
    pub bytes_parsed: Arc<AtomicU64>,
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static COMMITS: Mutex<Commits> =
    Mutex::new(Commits { begun: false, leaves_nothing: false, first: None, last: 0, ended: None });

/// The commits of this process, and whether it may be ended beside them.
struct Commits {
    /// Whether one has begun whose run is not published yet: then nothing may end the process.
    begun: bool,
    /// Whether nothing would be left behind by an end at any moment.
    leaves_nothing: bool,
    /// The first run that was committed and published.
    first: Option<u64>,
    /// The last one.
    last: u64,
    /// When.
    ended: Option<Instant>,
}

fn commits() -> MutexGuard<'static, Commits> {
    COMMITS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks the command to end where it can: before its commit.
pub fn interrupt() {
    INTERRUPTED.store(true, Ordering::Relaxed);
}

/// Ends the command if somebody wishes so. Called wherever it can still end with nothing changed.
///
/// # Errors
/// [`ErrorKind::Failed`].
pub(crate) fn check_interrupted() -> Result<()> {
    if INTERRUPTED.load(Ordering::Relaxed) { Err(interrupted(commits().first.is_some())) } else { Ok(()) }
}

/// Says that the command may be ended at any moment from here on: it only looks, and nothing would be left behind.
///
/// # Errors
/// [`ErrorKind::Failed`] if somebody has wished the command to end.
pub fn let_go() -> Result<()> {
    let mut commits = commits();
    if INTERRUPTED.load(Ordering::Relaxed) {
        return Err(interrupted(commits.first.is_some()));
    }
    commits.leaves_nothing = true;
    Ok(())
}

/// Takes that back.
pub(crate) fn hold_on() {
    commits().leaves_nothing = false;
}

fn interrupted(after_commit: bool) -> Error {
    let what = if after_commit { "interrupted after the commit" } else { "interrupted before the commit" };
    Error::new(ErrorKind::Failed, what).remedy("run the same command again").nothing_changed()
}

/// Announces a commit. From here on signals wait until its run is published.
///
/// # Errors
/// As [`check_interrupted`].
pub(crate) fn begin_commit() -> Result<()> {
    let mut commits = commits();
    if INTERRUPTED.load(Ordering::Relaxed) {
        return Err(interrupted(commits.first.is_some()));
    }
    commits.begun = true;
    Ok(())
}

/// Says that the commit that has begun is published as run `run`.
pub(crate) fn end_commit(run: RunId) {
    let mut commits = commits();
    commits.begun = false;
    commits.first.get_or_insert(run.number());
    commits.last = run.number();
    commits.ended = Some(Instant::now());
}

/// The runs that this process has committed and published, in words.
pub fn committed() -> Option<String> {
    let commits = commits();
    let (first, last) = (commits.first?, commits.last);
    Some(if first == last {
        format!("run {first} is committed")
    } else {
        format!("runs {first} to {last} are committed")
    })
}

/// Gives the error of an interruption, which was asked for at `asked`, to `end`: at once if nothing would be left behind,
/// else unless a commit has begun, or less than `grace` has passed since it was asked for and since the last commit. While
/// `end` works no commit can begin.
pub fn while_not_committing(asked: Instant, grace: Duration, end: impl FnOnce(Error)) {
    let committed = committed();
    let commits = commits();
    let has_passed = |since: Instant| since.elapsed() >= grace;
    let may_end = !commits.begun && has_passed(asked) && commits.ended.is_none_or(has_passed);
    if commits.leaves_nothing || may_end {
        end(interrupted(commits.first.is_some()).after_commits(committed));
    }
}

/// What `act` gives, and how long it took.
pub(super) fn timed<T>(act: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let given = act();
    (start.elapsed(), given)
}

/// Adds up the time of each phase.
#[derive(Debug)]
pub(super) struct Stopwatch {
    start: Instant,
    last: Instant,
    pub(super) phases: Phases,
}

impl Stopwatch {
    pub(super) fn start() -> Self {
        let now = Instant::now();
        Self { start: now, last: now, phases: Phases::default() }
    }

    /// Books the time since the last call on the phase that `of` picks.
    pub(super) fn book(&mut self, of: impl FnOnce(&mut Phases) -> &mut f64) {
        let now = Instant::now();
        *of(&mut self.phases) += (now - self.last).as_secs_f64();
        self.last = now;
    }

    /// Books the time since the last call on reading and reducing, which went on side by side, in these proportions.
    pub(super) fn book_both(&mut self, read: Duration, reduce: Duration) {
        let now = Instant::now();
        let (passed, read, reduce) =
            ((now - self.last).as_secs_f64(), read.as_secs_f64(), reduce.as_secs_f64());
        let share = if reduce > 0.0 { reduce / (read + reduce) } else { 0.0 };
        self.phases.read += passed * (1.0 - share);
        self.phases.reduce += passed * share;
        self.last = now;
    }

    pub(super) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
}
