//! The source of each file of a batch.

use crate::definition::{Definition, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::settings::SourceChoice;
use std::path::Path;

/// The source that `file` belongs to.
///
/// # Errors
/// [`ErrorKind::Usage`] if there is none; the message lists those that there are.
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
            let what = format!("no source has a pattern that fits this file: {}", choice.listed());
            return refuse(what, "mend the pattern, or say the source with --source");
        }
        (SourceChoice::Only, _) if definition.sources.len() == 1 => None,
        (SourceChoice::Only, _) => {
            let what = format!("which of the sources does this file belong to: {listed}");
            return refuse(what, "say it with --source, or give the configuration file with their patterns");
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

/// Every source has a key of as many parts: they are held against each other.
///
/// # Errors
/// [`ErrorKind::Usage`] for the first one that differs.
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

fn names(definition: &Definition) -> String {
    let name = |source: &Source| source.name.clone().unwrap_or_else(|| "(no name)".to_owned());
    definition.sources.iter().map(name).collect::<Vec<_>>().join(", ")
}
