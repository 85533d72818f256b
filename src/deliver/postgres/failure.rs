//! What the server and the driver say, as errors of ours.

use crate::error::{Error, ErrorKind};
use postgres::error::SqlState;
use std::error::Error as StdError;

const RERUN: &str = "rerun the command: it goes on where the target is, and delivers nothing twice";

/// The error for what a server was asked to do and has not done.
pub(super) fn failed(server: &str, action: &str, error: &postgres::Error) -> Error {
    let (what, remedy) = (format!("cannot {action}: {}", text(error)), remedy(error));
    Error::new(ErrorKind::Delivery, what).at(server).remedy(remedy)
}

/// One line: the driver's own words are few, and what is behind them says the rest.
fn text(error: &postgres::Error) -> String {
    if let Some(database) = error.as_db_error() {
        let detail = database.detail().map_or_else(String::new, |detail| format!(" ({detail})"));
        return one_line(&format!("{}{detail}", database.message()));
    }
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    one_line(&text)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn remedy(error: &postgres::Error) -> &'static str {
    let Some(state) = error.code() else { return remedy_without_code(error) };
    if *state == SqlState::INVALID_PASSWORD || *state == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
        "check the user, and the password in PGPASSWORD, PGPASSFILE or ~/.pgpass"
    } else if *state == SqlState::INVALID_CATALOG_NAME {
        "create the database, or correct the address"
    } else if *state == SqlState::INSUFFICIENT_PRIVILEGE {
        "grant it to the user of the address; docs/delivery.md lists what a delivery needs"
    } else if *state == SqlState::UNIQUE_VIOLATION {
        "somebody has added rows of this stream: remove them, or empty the tables and deliver again"
    } else {
        RERUN
    }
}

fn remedy_without_code(error: &postgres::Error) -> &'static str {
    let text = text(error);
    if text.contains("certificate") {
        "name the authority of the server in sslrootcert, and its host as its certificate has it"
    } else if text.contains("password") {
        "give a password in PGPASSWORD, PGPASSFILE or ~/.pgpass"
    } else if text.contains("TLS") {
        "the server has no TLS: turn it on there, or give another sslmode"
    } else {
        RERUN
    }
}
