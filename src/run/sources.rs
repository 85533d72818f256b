//! The source of each file of a batch.

use crate::definition::{Column, Definition, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::settings::SourceChoice;
use std::path::Path;

/// The source of `file`.
///
/// # Errors
/// [`ErrorKind::Usage`] if there is none; the message lists the sources.
pub(super) fn source_of<'d>(
    definition: &'d mut Definition,
    choice: &SourceChoice,
    file: &Path,
) -> Result<&'d mut Source> {
    let refuse = |what: String, remedy: &str| {
        Err(Error::new(ErrorKind::Usage, what).at(file.display()).remedy(remedy))
    };
    let listed = names(definition);
    let name = match (choice, choice.fitting(file)) {
        (SourceChoice::Named(name), _) => Some(name.as_str()),
        (SourceChoice::ByPattern(_), Some(name)) => Some(name),
        (SourceChoice::ByPattern(_), None) => {
            let what = format!("no source has a pattern that matches this file: {}", choice.listed());
            return refuse(what, "fix the pattern, or name the source with --source");
        }
        (SourceChoice::Only, _) if definition.sources.len() == 1 => None,
        (SourceChoice::Only, _) => {
            let what = format!("this file matches several sources: {listed}");
            return refuse(what, "name one with --source, or use the configuration file with their patterns");
        }
    };
    let mut sources = definition.sources.iter_mut();
    sources.find(|source| name.is_none() || source.name.as_deref() == name).map_or_else(
        || {
            let what = format!("there is no source {}: there are {listed}", name.unwrap_or_default());
            refuse(what, "name one of them with --source")
        },
        Ok,
    )
}

/// Checks that the keys of all sources have the same number of parts, because they are compared with each other.
///
/// # Errors
/// [`ErrorKind::Usage`] for the first source that differs.
pub(super) fn check_keys(definition: &Definition) -> Result<()> {
    let parts = definition.key().len();
    let Some(other) = definition.sources.iter().find(|source| source.key.len() != parts) else {
        return Ok(());
    };
    let name = other.name.as_deref().unwrap_or("(no name)");
    let what = format!(
        "the key of source {name} has {} columns, that of the first source {parts}: no event of one could ever meet \
         one of the other",
        other.key.len()
    );
    Err(Error::new(ErrorKind::Usage, what).remedy("give both as many"))
}

/// Checks the columns of rules against those that the files of all sources have shown: each exists in one of them, and a number
/// means the same column wherever it has a name.
///
/// # Errors
/// [`ErrorKind::DataRefused`] for the first column that fails.
pub(super) fn check_rule_columns(definition: &Definition) -> Result<()> {
    let shown = || definition.sources.iter().filter(|source| !source.is_undecided());
    let all_are_shown = shown().count() == definition.sources.len();
    let refusal = |what: String| Error::new(ErrorKind::DataRefused, what);
    for (place, asked) in definition.rules.columns().iter().enumerate() {
        let mut found = shown().filter_map(|source| Some((source, source.kept.get(place)?)));
        let is_there = |(source, column): (&Source, &Column)| {
            column.position.is_some() || (source.name.is_some() && column.is_name_of_source())
        };
        if all_are_shown && !found.clone().any(is_there) {
            let what = format!("a rule uses column {asked}, but no source has a column of that name");
            return Err(refusal(what).remedy("check its spelling against the headers; nothing was changed"));
        }
        let named =
            found.clone().find_map(|(source, column)| Some((source.name.as_ref()?, column.name.as_ref()?)));
        let Some((first, name)) = named else { continue };
        let is_other =
            |(_, column): &(&Source, &Column)| column.name.as_ref().is_some_and(|other| other != name);
        if let Some((Source { name: Some(second), .. }, Column { name: Some(other), .. })) =
            found.find(is_other)
        {
            let what = format!(
                "a rule uses column {asked}, which is {name} in source {first} and {other} in source {second}"
            );
            return Err(refusal(what).remedy("give the column by its name; nothing was changed"));
        }
    }
    Ok(())
}

fn names(definition: &Definition) -> String {
    let name = |source: &Source| source.name.clone().unwrap_or_else(|| "(no name)".to_owned());
    definition.sources.iter().map(name).collect::<Vec<_>>().join(", ")
}
