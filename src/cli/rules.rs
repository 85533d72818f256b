//! Flags for the rules besides the gap. They are part of the definition, and their help texts come from its table.

use crate::core::aggregates::Function;
use crate::core::rules::{RuleFlag, RuleTexts};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

const HEADING: &str = "Rules and columns (part of the definition)";

/// The given rules. Every flag also takes `none`: with --redefine, it removes the rule.
#[derive(Debug, Default)]
pub(super) struct RuleFlags(RuleTexts);

impl RuleFlags {
    /// The given rules.
    pub(super) fn texts(&self) -> RuleTexts {
        self.0.clone()
    }
}

impl Args for RuleFlags {
    fn augment_args(command: Command) -> Command {
        command.args(RuleFlag::all().map(arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for RuleFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for flag in RuleFlag::all() {
            let values = matches.get_many::<String>(flag.name()).into_iter().flatten();
            self.0.set(flag, values.cloned().collect());
        }
        Ok(())
    }
}

fn arg(flag: RuleFlag) -> Arg {
    let spec = flag.spec();
    let help = match flag {
        RuleFlag::Aggregate => [spec.help, "; functions: ", &Function::usage()].concat(),
        _ => spec.help.to_owned(),
    };
    Arg::new(spec.name)
        .long(spec.name)
        .value_name(spec.value)
        .value_parser(move |value: &str| flag.canonical(value))
        .action(if spec.repeats { ArgAction::Append } else { ArgAction::Set })
        .help_heading(HEADING)
        .help(help)
}
