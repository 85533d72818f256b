//! Flags of the input formats: each sets a property of the same name.

use crate::definition::FormatOptions;
use crate::input::{Format, FormatOption};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

/// The group of the flags about columns and formats.
pub(super) const COLUMNS: &str = "Columns (fixed by the first run)";

/// The given properties of formats.
#[derive(Debug)]
pub(super) struct FormatFlags(FormatOptions);

impl FormatFlags {
    pub(super) fn options(&self) -> FormatOptions {
        self.0.clone()
    }
}

impl Args for FormatFlags {
    fn augment_args(command: Command) -> Command {
        Format::all_options().into_iter().fold(command, |command, option| command.arg(flag(option)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for FormatFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |option: &FormatOption| {
            let value = matches.get_one::<String>(option.name)?;
            let is_open = option.leaves_open == Some(value.as_str());
            (!is_open).then(|| (option.name.to_owned(), value.clone()))
        };
        Ok(Self(Format::all_options().into_iter().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn read(option: &FormatOption, text: &str) -> Result<String, String> {
    if option.leaves_open == Some(text) { Ok(text.to_owned()) } else { (option.read)(text) }
}

fn flag(option: &'static FormatOption) -> Arg {
    Arg::new(option.name)
        .long(option.name)
        .value_name(option.value_name)
        .value_parser(move |text: &str| read(option, text))
        .help(option.help)
        .help_heading(COLUMNS)
}
