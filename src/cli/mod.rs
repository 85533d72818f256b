//! Flags to settings, reports to text. One file for each verb.

mod columns;
mod common;
mod config;
mod configuration;
mod deliver;
mod explain_text;
mod fake;
mod files;
mod finalize;
mod formats;
#[cfg(feature = "parquet")]
mod frames;
mod inbox;
mod init;
mod inspect;
mod inspection;
mod machine;
mod maintenance;
mod memory;
mod metrics;
mod outputs;
mod page;
mod patterns;
mod progress;
mod renamed;
mod report_page;
mod rules;
mod run;
mod secret;
mod shell;
mod signals;
mod sketch;
mod status;
mod stderr;
mod terminal;
mod text;

mod usage;
mod values;
mod warnings;

#[cfg(feature = "parquet")]
pub use frames::{frame_flags, frame_settings, look_at, runs_of};

use crate::error::{Error, ErrorKind, Result};
use crate::run::Cancellation;
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use configuration::Invocation;
use std::ffi::OsString;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use stderr::{say, say_error};

const EXIT_CODES: &str = "\
Exit codes:
   0  done, also when there was nothing to do
   1  failed; the message says what was committed, if anything
   2  the command line or the configuration file is invalid
   3  `status` found what needs attention
  65  the data was refused: too many rejected or late rows, or unreadable
  66  a batch file is missing or unreadable
  69  the delivery failed; what is committed stays, and the next delivery goes on
  71  the commit failed, and it is unknown whether it reached the disk; rerun the command
  72  published outputs are missing, and nothing is damaged: `verify` lists them
  74  the checkpoint is damaged, or does not match its outputs
  75  another run holds the lock
  78  the definition differs from the checkpoint's";

/// Turns event logs into user sessions, batch after batch, exactly once.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXIT_CODES, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    /// Configuration file, with a key for each flag; --no-SWITCH turns off a switch that the file turns on
    /// [default: sessionize.toml in the working folder, if it is there]
    #[arg(long, global = true, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(common::named))]
    config: Option<PathBuf>,
    /// Log the steps to standard error; repeat for more detail. `RUST_LOG` overrides it
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Init(init::InitFlags),
    Run(Box<run::RunFlags>),
    Finalize(finalize::FinalizeFlags),
    Inspect(inspect::InspectFlags),
    Status(status::StatusFlags),
    Report(report_page::PageFlags),
    #[command(flatten)]
    Maintenance(maintenance::MaintenanceVerb),
    Deliver(deliver::DeliverFlags),
    Config(config::ConfigFlags),
    Fake(fake::FakeFlags),
    Completions(shell::CompletionsFlags),
    Man(shell::ManFlags),
}

/// The command line of the program, as a clap command.
pub fn command() -> clap::Command {
    configuration::with_negations(Cli::command())
}

/// Checks the bytes of a configuration file for `command`, and carries out nothing.
///
/// # Errors
/// `ErrorKind::Usage` for the first error, with its line.
pub fn check_configuration(command: &clap::Command, bytes: &[u8]) -> Result<()> {
    configuration::check(command, bytes)
}

/// Runs the program with these words, of which the first is its name, and returns its exit code. An error is one line on standard
/// error.
pub fn main(words: &[OsString]) -> u8 {
    if shell::answers_shell(command, words) {
        return 0;
    }
    let code = exit_code(without_panic(|| execute(words)));
    if let Some(steps) = crate::durable::fault::asked_count() {
        say(&format!("durable steps: {steps}"));
    }
    code
}

fn execute(words: &[OsString]) -> Result<()> {
    let invocation = Invocation::read(command(), words)?;
    let cli = Cli::from_arg_matches(&invocation.matches)
        .map_err(|error| usage::mistake(&error, &command(), invocation.matches.subcommand_name()))?;
    log_to_stderr(cli.verbose);
    let cancellation = Cancellation::default();
    if !matches!(cli.verb, Verb::Config(_) | Verb::Fake(_) | Verb::Completions(_) | Verb::Man(_)) {
        signals::watch(&cancellation)?;
    }
    let outcome = match cli.verb {
        Verb::Init(flags) => init::execute(&flags, &cancellation),
        Verb::Run(flags) => {
            let read = |out| deliver::DeliveryAfterRun::read(command(), cli.config.as_deref(), out);
            let delivery = flags.delivers_from().map(read).transpose()?;
            run::execute(&flags, words, invocation.sources()?, delivery.as_ref(), &cancellation)
        }
        Verb::Finalize(flags) => finalize::execute(&flags, &cancellation),
        Verb::Inspect(flags) => inspect::execute(&flags, &cancellation),
        Verb::Status(flags) => status::execute(&flags, &cancellation),
        Verb::Report(flags) => report_page::execute(&flags, &cancellation),
        Verb::Maintenance(verb) => maintenance::execute(&verb, &cancellation),
        Verb::Deliver(flags) => deliver::execute(&flags, &cancellation),
        Verb::Config(flags) => config::execute(&flags, cli.config, command()),
        Verb::Fake(flags) => fake::execute(&flags),
        Verb::Completions(flags) => flags.execute(),
        Verb::Man(flags) => flags.execute(command()),
    };
    outcome.map_err(|error| error.after_commits(cancellation.committed()))
}

/// Turns a panic into an error, because no user should have to read a panic. The sled store catches the panics of sled itself.
fn without_panic(work: impl FnOnce() -> Result<()>) -> Result<()> {
    std::panic::set_hook(Box::new(|panic| log::debug!("{panic}")));
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::Failed, "this is a defect of sessionize")
            .remedy("please report it with what `-vv` shows; the next command finds everything in order"))
    })
}

fn exit_code(outcome: Result<()>) -> u8 {
    match outcome {
        Ok(()) => 0,
        Err(error) => {
            say_error(&error);
            error.kind().exit_code()
        }
    }
}

fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        // Libraries log nothing that is not already an error of ours.
        0 => "sessionize=warn",
        1 => "sessionize=info",
        _ => "sessionize=trace",
    };
    stderr::log_to_stderr(level);
}
