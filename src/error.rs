//! Errors: what went wrong, where, and what to do next.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::Path;

/// The result of anything that can fail for a user. Another error type is one that a caller turns into an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of an error, which determines the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The work failed: 1. The error says what was committed before, if anything.
    Failed,
    /// The command line is not valid: 2.
    Usage,
    /// A look at the checkpoint found what needs attention: 3. Nothing failed.
    Attention,
    /// The data was refused: 65.
    DataRefused,
    /// A batch file is missing or unreadable: 66.
    NoInput,
    /// The target of a delivery is out of reach, or refuses what it gets: 69. What it has, it has whole, and so have the outputs.
    Delivery,
    /// The commit failed, and it is unknown whether it has reached the disk: 71, the code for errors of the operating system.
    /// Rerunning the command finds out, so a script may treat it like 75.
    CommitUnknown,
    /// Published outputs are missing, and nothing is damaged: 72, the code for a file of the system that is missing.
    OutputsMissing,
    /// The checkpoint is damaged or out of step with its output: 74.
    Checkpoint,
    /// Another run holds the lock: 75.
    Locked,
    /// The definition differs from that of the checkpoint: 78.
    Definition,
}

impl ErrorKind {
    /// The exit code of the process.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Attention => 3,
            Self::DataRefused => 65,
            Self::NoInput => 66,
            Self::Delivery => 69,
            Self::CommitUnknown => 71,
            Self::OutputsMissing => 72,
            Self::Checkpoint => 74,
            Self::Locked => 75,
            Self::Definition => 78,
        }
    }
}

/// An error for the user: one line with what happened, where, and what to do next.
///
/// If an error of the system or of the store caused it, that is its [`source`](StdError::source).
#[derive(Debug)]
#[non_exhaustive]
pub struct Error {
    kind: ErrorKind,
    what: String,
    place: Option<Box<str>>,
    remedy: Option<Box<str>>,
    details: Box<[String]>,
    unchanged: bool,
    committed: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error that says what happened.
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            place: None,
            remedy: None,
            details: Box::default(),
            unchanged: false,
            committed: None,
            source: None,
        }
    }

    /// An I/O error during `action` (a verb phrase such as `read`) on `path`. A full disk is reported as such.
    pub fn io(kind: ErrorKind, action: &str, path: &Path, error: &io::Error) -> Self {
        let new =
            Self::new(kind, format!("cannot {action}: {error}")).at(path.display()).caused_by(copy(error));
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                new.remedy("the disk is full: free some space and rerun the command, nothing was lost")
            }
            io::ErrorKind::PermissionDenied => new.remedy("check who owns it and its permissions"),
            _ => match limit_reached(error) {
                Some(remedy) => new.remedy(remedy),
                None => new,
            },
        }
    }

    /// The error for threads that the system does not start.
    pub fn threads(count: usize, error: &dyn fmt::Display) -> Self {
        let threads = if count == 1 { "1 thread".to_owned() } else { format!("{count} threads") };
        Self::new(ErrorKind::Failed, format!("cannot start {threads}: {error}"))
            .remedy("give fewer --threads, or raise the limit of the user (ulimit -u, ulimit -v) or of the container (pids.max)")
            .nothing_changed()
    }

    /// Adds where it happened.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.place = Some(place.to_string().into());
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into().into());
        self
    }

    /// Adds what to do next, unless that is already known.
    #[must_use]
    pub fn or_remedy(self, remedy: impl Into<String>) -> Self {
        if self.remedy.is_some() { self } else { self.remedy(remedy) }
    }

    /// Adds lines below the error, such as a table of columns.
    #[must_use]
    pub fn with_details(mut self, lines: Vec<String>) -> Self {
        self.details = lines.into();
        self
    }

    /// The lines below the error, each indented.
    pub fn details(&self) -> &[String] {
        &self.details
    }

    /// Adds that the command has changed nothing. This is true until it has committed something before this error
    /// ([`Error::after_commits`]).
    #[must_use]
    pub const fn nothing_changed(mut self) -> Self {
        self.unchanged = true;
        self
    }

    /// Adds what the command had committed before this error.
    #[must_use]
    pub fn after_commits(mut self, committed: Option<String>) -> Self {
        self.committed = committed;
        self
    }

    /// Keeps the error that caused this one as its source. The text stays as it is.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same failure as one of the delivery behind a run: what was `committed` stays, and another delivery goes on.
    #[must_use]
    pub fn of_delivery(self, committed: Option<String>) -> Self {
        Self { kind: ErrorKind::Delivery, committed, unchanged: false, ..self }
    }

    /// Turns a failure into that of the commit of run `run`, of which it is unknown whether it has reached the disk.
    #[must_use]
    pub fn commit_unknown(self, run: u64) -> Self {
        let what = format!("{}; it is unknown whether run {run} is committed", self.what);
        // A backup does not help here.
        let remedy = self.remedy.filter(|_| self.kind != ErrorKind::Checkpoint);
        Self { kind: ErrorKind::CommitUnknown, what, remedy, unchanged: false, ..self }
            .or_remedy("rerun the command: it finds out, and ingests nothing twice")
    }

    /// The kind, which determines the exit code.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.what)?;
        if let Some(remedy) = &self.remedy {
            write!(f, "; {remedy}")?;
        }
        // A question already has its mark.
        let mark = if self.remedy.as_ref().is_some_and(|remedy| remedy.ends_with('?')) { "" } else { ";" };
        match (&self.committed, self.unchanged) {
            (None, false) => Ok(()),
            (None, true) => write!(f, "{mark} nothing was changed"),
            (Some(committed), false) => write!(f, "{mark} {committed}"),
            (Some(committed), true) => write!(f, "{mark} {committed}, nothing was changed after that"),
        }
    }
}

/// What to do about a limit of the process, if `error` says that a system call has reached one.
pub fn limit_reached(error: &io::Error) -> Option<&'static str> {
    /// ENFILE and EMFILE: they have no `io::ErrorKind`.
    const TOO_MANY_FILES: [i32; 2] = [23, 24];
    match error.kind() {
        io::ErrorKind::FileTooLarge => {
            Some("the limit on the size of files is reached: raise it (ulimit -f) and rerun the command")
        }
        _ if error.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code)) => {
            Some("the limit of open files is reached: raise it (ulimit -n), or give fewer files at once")
        }
        _ => None,
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// A copy of the error: the standard library's errors cannot be cloned, and the caller may still need it.
fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_system_is_the_source_and_the_text_stays_one_line() {
        let full = io::Error::from_raw_os_error(28);
        let error = Error::io(ErrorKind::Failed, "write the output", Path::new("out"), &full);
        let line = error.to_string();
        assert!(line.starts_with("out: cannot write the output: ") && !line.contains('\n'), "{line}");
        let source = error.source().and_then(<dyn StdError>::downcast_ref::<io::Error>).unwrap();
        assert_eq!(source.raw_os_error(), Some(28));
        assert!(Error::new(ErrorKind::Usage, "a mistake").source().is_none());
    }

    #[test]
    fn a_commit_of_unknown_fate_is_a_kind_and_never_says_that_nothing_was_changed() {
        let failed = Error::new(ErrorKind::Checkpoint, "cannot sync").nothing_changed().commit_unknown(7);
        assert_eq!((failed.kind(), failed.kind().exit_code()), (ErrorKind::CommitUnknown, 71));
        let line = "cannot sync; it is unknown whether run 7 is committed; rerun the command: it finds out, and ingests \
                    nothing twice";
        assert_eq!(failed.to_string(), line);
    }
}
