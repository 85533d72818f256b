//! Why an object cannot be read.

use super::connection::certificate_error;
use super::location::Scheme;
use crate::error::{Error, ErrorKind};
use std::error::Error as StdError;
use std::io;
use std::time::Duration;

/// A server may answer with a page of HTML: no more of it is shown.
const MAX_SHOWN_CHARACTERS: usize = 300;

/// What the library says before the status of an answer.
const BEFORE_STATUS: &str = "Server returned non-2xx status code: ";

/// What the library says of an answer without a length.
const NO_LENGTH: &str = "Content-Length Header missing";

/// The variable of the environment that says how long a store may be silent.
pub(super) const TIME_LIMIT: &str = "SESSIONIZE_STORE_TIMEOUT";

/// Why an object cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// There is no such object, or no such bucket.
    NotFound,
    /// The store does not let everybody read it.
    Refused,
    /// It is not the one any more that was found.
    Changed,
    /// The store did not give it in this time.
    Silent(Duration),
    /// It ended before its end.
    CutOff,
    /// The certificate of the server is not trusted, for this reason.
    Untrusted(String),
    /// The server does not say how long it is.
    NoLength,
    /// Anything else, in words.
    Other(String),
    /// There is no room for a copy of it.
    NoCopy(io::ErrorKind, String),
}

impl Failure {
    /// What the library says, after all of its retries.
    pub(super) fn of(error: &object_store::Error) -> Self {
        use object_store::Error as Store;
        if let Some(reason) = certificate_error(error) {
            return Self::Untrusted(reason.to_string());
        }
        match error {
            Store::NotFound { .. } => Self::NotFound,
            Store::PermissionDenied { .. } | Store::Unauthenticated { .. } => Self::Refused,
            Store::Precondition { .. } => Self::Changed,
            other => Self::of_answer(&innermost(other)),
        }
    }

    /// What an error says at its bottom: the library tells kinds of answers apart for objects only, not for lists.
    fn of_answer(text: &str) -> Self {
        if text.starts_with(NO_LENGTH) {
            return Self::NoLength;
        }
        let Some(answer) = text.strip_prefix(BEFORE_STATUS) else { return Self::Other(text.to_owned()) };
        match answer.get(..3) {
            Some("401" | "403") => Self::Refused,
            Some("404") => Self::NotFound,
            // The range that was asked for is not there any more.
            Some("416") => Self::Changed,
            _ => Self::Other(format!("the answer is {}", answer.trim_end_matches([':', ' ']))),
        }
    }

    pub(super) fn no_copy(error: &io::Error) -> Self {
        Self::NoCopy(error.kind(), error.to_string())
    }

    /// The error for the user, without its place.
    pub(super) fn error(&self, scheme: Scheme) -> Error {
        let no_input = |what: String| Error::new(ErrorKind::NoInput, what);
        let error = match self {
            Self::NotFound => no_input("there is no such object".to_owned()).remedy(check_name(scheme)),
            Self::Refused => {
                no_input("the store does not let this command read it".to_owned()).remedy(credentials(scheme))
            }
            Self::Changed => no_input("the object changed while it was read".to_owned())
                .remedy("run again when whoever writes it is done"),
            Self::Silent(limit) => {
                let limit = humantime::format_duration(*limit);
                let machine = if asks_machine(scheme) { WITHOUT_CREDENTIALS } else { "" };
                no_input(format!("the store did not give all of it within {limit}")).remedy(format!(
                    "rerun the command when the store answers, or allow more time with {TIME_LIMIT}{machine}"
                ))
            }
            Self::CutOff => no_input("the store ended each answer before the end of the object".to_owned())
                .remedy("rerun the command"),
            Self::Untrusted(reason) => no_input(format!(
                "the certificate of the server is not trusted: {reason}"
            ))
            .remedy(
                "check the URL; if an authority of your own has signed it, name its file with SSL_CERT_FILE",
            ),
            Self::NoLength => no_input("the server does not say how long the file is".to_owned())
                .remedy("fetch it with a tool of its own: curl URL | sessionize run --batch -"),
            Self::Other(what) => {
                no_input(format!("cannot read from the store: {what}")).remedy(check_server(scheme))
            }
            Self::NoCopy(_, what) => Error::new(
                ErrorKind::Failed,
                format!("cannot keep a copy of the object in a temporary file: {what}"),
            )
            .remedy("give TMPDIR a folder with enough space for all new objects of a run"),
        };
        error.nothing_changed()
    }
}

impl Failure {
    /// The error for somebody who writes to a store.
    pub(super) fn of_target(&self, scheme: Scheme) -> Error {
        let failed = |what: String| Error::new(ErrorKind::Delivery, what);
        match self {
            Self::NotFound => failed("there is no such bucket".to_owned()).remedy(check_name(scheme)),
            Self::Refused => {
                failed("the store does not let this command work in it".to_owned()).remedy(format!(
                    "{}, and put and delete",
                    credentials(scheme)
                ))
            }
            Self::Silent(limit) => {
                let limit = humantime::format_duration(*limit);
                failed(format!("the store did not answer within {limit}")).remedy(format!(
                    "rerun the command when the store answers, or allow more time with {TIME_LIMIT}"
                ))
            }
            Self::Changed => failed("the store has another object than a moment ago".to_owned()).remedy("rerun the command"),
            Self::CutOff => failed("the store ended its answer early".to_owned()).remedy("rerun the command"),
            Self::Untrusted(reason) => failed(format!("the certificate of the store is not trusted: {reason}")).remedy(
                "check the endpoint; if an authority of your own has signed it, name its file with SSL_CERT_FILE",
            ),
            Self::NoLength => failed("the store does not say how long its answer is".to_owned()).remedy(check_server(scheme)),
            Self::Other(what) | Self::NoCopy(_, what) => failed(format!("the store cannot be used: {what}"))
                .remedy("check the network and the endpoint (AWS_ENDPOINT_URL), then rerun the command: it delivers nothing twice"),
        }
    }
}

/// What more to do if the store stays silent and there are no credentials.
const WITHOUT_CREDENTIALS: &str = "; without AWS_ACCESS_KEY_ID, credentials are asked for that only a machine of AWS has: set it, or \
                                   AWS_SKIP_SIGNATURE=true for a public bucket";

/// Whether the machine is asked for credentials, because the environment has none.
fn asks_machine(scheme: Scheme) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some();
    scheme == Scheme::S3
        && !["AWS_ACCESS_KEY_ID", "AWS_SKIP_SIGNATURE", "AWS_WEB_IDENTITY_TOKEN_FILE"].into_iter().any(is_set)
}

const fn check_server(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::S3 => "check the network and the endpoint (AWS_ENDPOINT_URL), then rerun the command",
        Scheme::Google => "check the network and GOOGLE_APPLICATION_CREDENTIALS, then rerun the command",
        Scheme::Azure => "check the network and AZURE_STORAGE_ACCOUNT_NAME, then rerun the command",
        Scheme::Web => "check the network and the URL, then rerun the command",
    }
}

const fn check_name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::S3 => "check the bucket, the name and the region (AWS_REGION)",
        Scheme::Google | Scheme::Azure => "check the bucket and the name",
        Scheme::Web => "check the URL",
    }
}

const fn credentials(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::S3 => {
            "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_REGION, and that they may list and read; a public \
             bucket needs AWS_SKIP_SIGNATURE=true"
        }
        Scheme::Google => "check GOOGLE_APPLICATION_CREDENTIALS, and that they may list and read",
        Scheme::Azure => {
            "check AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY, and that they may list and read"
        }
        Scheme::Web => "fetch the file with a tool that can log in, and give it to --batch -",
    }
}

/// What lies at the bottom of an error, on one line: what is above it repeats the request.
fn innermost(error: &dyn StdError) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let text = innermost.to_string();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.chars().take(MAX_SHOWN_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_known_by_its_status() {
        let of = |status: &str| Failure::of_answer(&format!("Server returned non-2xx status code: {status}"));
        assert_eq!((of("403 Forbidden:"), of("401 x")), (Failure::Refused, Failure::Refused));
        assert_eq!((of("404 Not Found: y"), of("416 z")), (Failure::NotFound, Failure::Changed));
        assert_eq!(of("503 Slow Down: "), Failure::Other("the answer is 503 Slow Down".to_owned()));
        assert_eq!(Failure::of_answer("no route"), Failure::Other("no route".to_owned()));
    }

    #[test]
    fn an_answer_of_many_lines_is_one_line_and_no_page() {
        let page = io::Error::other(format!("503\n<html>\n {}", "x".repeat(1_000)));
        let failure = Failure::of(&object_store::Error::Generic { store: "S3", source: Box::new(page) });
        let line = failure.error(Scheme::S3).to_string();
        assert!(line.contains("503 <html> xxx") && !line.contains('\n') && line.len() < 600, "{line}");
    }
}
