//! Completions: the shell asks the program itself, which knows its flags and looks at the files.

use super::columns;
use super::shells::Shell;
use crate::cli::common::print_text;
use crate::error::{Error, ErrorKind, Result};
use clap::Command;
use clap_complete::CompleteEnv;
use clap_complete::engine::ArgValueCompleter;
use clap_complete::env::Shells;
use std::ffi::OsString;

/// The variable by which a shell asks.
const ASKED_BY: &str = "SESSIONIZE_COMPLETE";

/// The flags of `run` whose values are columns.
const OF_COLUMNS: [&str; 4] = ["key", "time", "order_by", "duration"];

/// Prints the script that registers the completions.
pub(super) fn print(shell: Shell) -> Result<()> {
    let shell = match shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
    };
    let name = env!("CARGO_PKG_NAME");
    let mut script = Vec::new();
    let written = Shells::builtins()
        .completer(shell)
        .map(|shell| shell.write_registration(ASKED_BY, name, name, name, &mut script));
    match written {
        Some(Ok(())) => print_text(&String::from_utf8_lossy(&script)),
        _ => Err(Error::new(ErrorKind::Failed, format!("there are no completions for {shell}"))),
    }
}

/// Answers a shell that asks. What goes wrong is no answer, because a shell shows no errors while somebody types.
pub(super) fn answer(command: impl Fn() -> Command, words: &[OsString]) -> bool {
    // A shell asks with the words behind `--`. A command that inherits the variable is no question.
    let is_asked = std::env::var_os(ASKED_BY).is_some_and(|shell| !shell.is_empty());
    if !is_asked || words.get(1).is_some_and(|word| word != "--") {
        return false;
    }
    let asked = CompleteEnv::with_factory(|| with_columns(command())).var(ASKED_BY);
    let folder = std::env::current_dir().ok();
    asked.try_complete(words, folder.as_deref()).unwrap_or(true)
}

/// The command with completions for columns.
fn with_columns(command: Command) -> Command {
    let completed = |run: Command| {
        OF_COLUMNS.into_iter().filter(|flag| has(&run, flag)).fold(run.clone(), |run, flag| {
            run.mut_arg(flag, |flag| flag.add(ArgValueCompleter::new(columns::candidates)))
        })
    };
    command.mut_subcommand("run", completed)
}

fn has(command: &Command, flag: &str) -> bool {
    command.get_arguments().any(|argument| argument.get_id() == flag)
}
