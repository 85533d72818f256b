//! Delivery to a real PostgreSQL server, which the tests start and stop: whatever happens to the program, to the server and to
//! either of their copies, the tables have what the active runs have published, each row once.
//!
//! Without a server on the machine (`apt-get install postgresql`) each test says so and does nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files, and wait for a server")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

#[path = "../support/mod.rs"]
mod support;

mod command;
mod connection;
mod disturbed;
mod histories;
mod published;
mod server;
mod tables;
mod years;
