//! An error in the command line, in one line: what is wrong, the nearest valid word, and where to look.

use super::renamed::word_of_today;
use crate::error::{Error, ErrorKind};
use clap::Command;
use clap::error::{ContextKind, ErrorKind as ClapErrorKind};

/// Converts an error of clap about a command line for `verb`, or for `root` if no verb is known. If help or the version was
/// asked for, this prints it and ends the process.
pub(super) fn mistake(error: &clap::Error, root: &Command, verb: Option<&str>) -> Error {
    let what = match error.kind() {
        ClapErrorKind::DisplayHelp | ClapErrorKind::DisplayVersion => error.exit(),
        // Here clap would print the whole help.
        ClapErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ClapErrorKind::MissingSubcommand => {
            let verbs: Vec<&str> = root.get_subcommands().map(Command::get_name).collect();
            format!("no command is named; there are {}", verbs.join(", "))
        }
        _ => explained(error),
    };
    let words: Vec<&str> = [root.get_name()].into_iter().chain(verb).chain(["--help"]).collect();
    Error::new(ErrorKind::Usage, what).remedy(format!("see '{}'", words.join(" ")))
}

/// What is wrong with a word, in one line: its new name if it has one, otherwise the message of clap.
pub(super) fn explained(error: &clap::Error) -> String {
    word_of_before(error).or_else(|| without_value(error)).unwrap_or_else(|| one_line(error))
}

/// The flag whose value is not shown: who gives it wrongly may have given a secret.
const MAY_BE_SECRET: &str = "--hash-key";

fn without_value(error: &clap::Error) -> Option<String> {
    let flag = error.get(ContextKind::InvalidArg)?.to_string();
    let what = std::error::Error::source(error)?;
    (flag.split_whitespace().next() == Some(MAY_BE_SECRET)).then(|| format!("{MAY_BE_SECRET}: {what}"))
}

/// The new name, if the error is an old name.
fn word_of_before(error: &clap::Error) -> Option<String> {
    let said = |kind| error.get(kind).map(ToString::to_string);
    let word = said(ContextKind::InvalidArg).or_else(|| said(ContextKind::InvalidSubcommand))?;
    let flag = word.split_whitespace().next()?;
    match said(ContextKind::InvalidValue).as_deref() {
        Some("correct") if flag == "--late" => {
            Some("--late correct is now --allowed-lateness, with how long: --allowed-lateness 3d".to_owned())
        }
        Some(_) => None,
        None => word_of_today(flag).map(|now| format!("{flag} is now {now}")),
    }
}

/// The message of clap, with possible values and similar words, but without the usage and the hint to the help.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let said = text.rfind("\n\nFor more information").map_or(text.as_str(), |end| &text[..end]);
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let said = said.strip_suffix(usage.trim_end()).unwrap_or(said);
    let words: Vec<&str> = said.split_whitespace().collect();
    words.join(" ").trim_start_matches("error: ").replace(" tip: ", "; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Arg;

    fn root() -> Command {
        let report = Arg::new("report").long("report").value_parser(["text", "json"]);
        Command::new("sessionize").subcommand_required(true).subcommand(Command::new("run").arg(report))
    }

    #[track_caller]
    fn expect(words: &[&str], verb: Option<&str>, expected: &str) {
        let error = root().try_get_matches_from([&["sessionize"], words].concat()).unwrap_err();
        assert_eq!(mistake(&error, &root(), verb).to_string(), expected);
    }

    #[test]
    fn the_nearest_flag_and_the_possible_values_are_said() {
        let (run, help) = (Some("run"), "see 'sessionize run --help'");
        let flag = "unexpected argument '--reprt' found; a similar argument exists: '--report'";
        expect(&["run", "--reprt=json"], run, &format!("{flag}; {help}"));
        let value = "invalid value 'jsn' for '--report <report>' [possible values: text, json]; a similar value exists: 'json'";
        expect(&["run", "--report=jsn"], run, &format!("{value}; {help}"));
    }

    #[test]
    fn whatever_the_words_hold_it_is_one_line() {
        let said = "invalid value 'a Usage: b' for '--report <report>' [possible values: text, json]";
        let said = format!("{said}; see 'sessionize run --help'");
        expect(&["run", "--report=a\n\nUsage: b"], Some("run"), &said);
    }

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        let secret = Arg::new("hash-key").long("hash-key");
        let refused = |_: &str| Err::<String, _>("say where the secret is".to_owned());
        let root = Command::new("sessionize").arg(secret.value_parser(refused));
        let error = root.clone().try_get_matches_from(["sessionize", "--hash-key=hunter2"]).unwrap_err();
        let said = "--hash-key: say where the secret is; see 'sessionize --help'";
        assert_eq!(mistake(&error, &root, None).to_string(), said);
    }

    #[test]
    fn without_a_command_the_commands_are_named() {
        expect(&[], None, "no command is named; there are run; see 'sessionize --help'");
    }
}
