//! Flags for the rules besides the gap. They are part of the definition, and their help texts come from its table.

use super::secret::SecretPlace;
use crate::core::aggregates::Function;
use crate::core::rules::{NO_RULE, RuleFlag, RuleTexts};
use crate::definition::KeyHasher;
use crate::error::Result;
use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

const HEADING: &str = "Rules and columns (part of the definition)";

/// The given rules. Every flag also takes `none`: with --redefine, it removes the rule.
#[derive(Debug, Default)]
pub(super) struct RuleFlags {
    texts: RuleTexts,
    /// Where the secret is under which keys are hashed: the definition has its fingerprint.
    secret: Option<SecretPlace>,
}

impl RuleFlags {
    /// The given rules, and what hashes keys if they ask for that.
    ///
    /// # Errors
    /// As [`SecretPlace::hasher`].
    pub(super) fn read(&self) -> Result<(RuleTexts, Option<KeyHasher>)> {
        let mut texts = self.texts.clone();
        let Some(secret) = &self.secret else { return Ok((texts, None)) };
        let hasher = secret.hasher()?;
        let rule = hasher.as_ref().map_or(NO_RULE, KeyHasher::fingerprint);
        texts.set(RuleFlag::HashKey, vec![rule.to_owned()]);
        Ok((texts, hasher))
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
        self.secret = matches.get_one::<SecretPlace>(RuleFlag::HashKey.name()).cloned();
        for flag in RuleFlag::all().filter(|flag| *flag != RuleFlag::HashKey) {
            let values = matches.get_many::<String>(flag.name()).into_iter().flatten();
            self.texts.set(flag, values.cloned().collect());
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
    let value = match flag {
        RuleFlag::HashKey => ValueParser::new(SecretPlace::of),
        _ => ValueParser::new(move |value: &str| flag.canonical(value)),
    };
    Arg::new(spec.name)
        .long(spec.name)
        .value_name(spec.value)
        .value_parser(value)
        .action(if spec.repeats { ArgAction::Append } else { ArgAction::Set })
        .help_heading(HEADING)
        .help(help)
}
