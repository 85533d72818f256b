//! The invocation: the command line over the configuration file over the defaults.

use super::defaults::{self, Defaults};
use super::document::Document;
use super::keys;
use super::sources::{self, SourceTable};
use crate::cli::usage;
use crate::error::{Error, ErrorKind, Result};
use clap::{ArgMatches, Command};
use std::ffi::OsString;
use std::path::PathBuf;

/// A command line with its configuration file.
#[derive(Debug)]
pub(in crate::cli) struct Invocation {
    pub(super) verb: Command,
    pub(super) root: Command,
    /// The matches of the command line alone.
    pub(super) given: ArgMatches,
    /// The matches with the file and the defaults.
    pub(in crate::cli) matches: ArgMatches,
    pub(super) document: Option<Document>,
    pub(super) defaults: Defaults,
}

impl Invocation {
    /// Parses a command line for `root`. If it asks for help, the process ends as with clap.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Usage`] if the command line or the configuration file is not valid.
    pub(in crate::cli) fn read(root: Command, words: &[OsString]) -> Result<Self> {
        let name = |matches: &ArgMatches| matches.subcommand_name().map(str::to_owned);
        // Errors are ignored here: the second pass finds them again, and then the file is known.
        let first = parse(&root.clone().ignore_errors(true), words, None)?;
        let Some(verb) = name(&first).and_then(|name| root.find_subcommand(name).cloned()) else {
            let matches = parse(&root, words, None)?;
            return Ok(Self {
                verb: Command::new(""),
                root,
                given: first,
                matches,
                document: None,
                defaults: Defaults::new(),
            });
        };
        let config = first.get_one::<PathBuf>("config").cloned();
        let given = first.subcommand_matches(verb.get_name()).cloned().unwrap_or_default();
        let document =
            if keys::flags(&verb).next().is_some() { Document::find(config.as_deref())? } else { None };
        let defaults = match &document {
            Some(document) => {
                defaults::check(document, &root)?;
                sources::check(document)?;
                defaults::defaults(document, &root, &verb, &given)?
            }
            None => Defaults::new(),
        };
        let with_defaults = defaults::give(root.clone(), &defaults)
            .mut_subcommand(verb.get_name(), |verb| defaults::give(verb, &defaults));
        let matches = parse(&with_defaults, words, Some(verb.get_name()))?;
        Ok(Self { verb, root, given, matches, document, defaults })
    }

    /// The sources of the configuration file, in order.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if a flag of the command line sets what a table also sets: it would apply to all sources.
    pub(in crate::cli) fn sources(&self) -> Result<Vec<SourceTable>> {
        let Some(document) = &self.document else { return Ok(Vec::new()) };
        for table in &document.sources {
            for setting in &table.settings {
                let flag = keys::flag(&self.verb, &setting.key);
                if flag.is_some_and(|flag| defaults::is_given(&self.given, flag)) {
                    let what = format!("--{} is given, but a source has its own {0}", setting.key);
                    let place = document.place(setting.line);
                    return Err(Error::new(ErrorKind::Usage, what).at(place).remedy("change it there"));
                }
            }
        }
        sources::read_all(document)
    }
}

fn parse(command: &Command, words: &[OsString], verb: Option<&str>) -> Result<ArgMatches> {
    let parsed = command.clone().try_get_matches_from(words);
    parsed.map_err(|error| usage::mistake(&error, command, verb))
}
