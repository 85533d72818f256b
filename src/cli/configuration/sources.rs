//! `[[source]]`: files with their own columns. The flags of `run` parse these tables too.

use super::defaults::{unknown, values_of};
use super::document::{Document, Table};
use super::keys;
use crate::cli::columns::ColumnFlags;
use crate::cli::usage;
use crate::definition::SourceRequest;
use crate::error::Result;
use crate::input::nearest_name;
use crate::settings::FilePattern;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Command, FromArgMatches};
use std::path::Path;

/// The keys of a `[[source]]` table.
#[derive(Debug, Args)]
struct SourceKeys {
    /// What the source is called
    #[arg(long, value_name = "NAME", required = true, value_parser = NonEmptyStringValueParser::new())]
    name: String,
    /// Which files of a batch belong to it
    #[arg(long, value_name = "PATTERN", num_args = 1.., required = true)]
    files: Vec<String>,
    #[command(flatten)]
    columns: ColumnFlags,
}

/// A source of the configuration file.
#[derive(Debug)]
pub(in crate::cli) struct SourceTable {
    pub(in crate::cli) name: String,
    pub(in crate::cli) patterns: Vec<FilePattern>,
    pub(in crate::cli) request: SourceRequest,
}

/// Checks the `[[source]]` tables.
///
/// # Errors
/// [`crate::error::ErrorKind::Usage`] for the first error.
pub(super) fn check(document: &Document) -> Result<()> {
    read_all(document).map(|_| ())
}

/// The sources of a configuration file, in order.
///
/// # Errors
/// [`crate::error::ErrorKind::Usage`] for the first error in one.
pub(super) fn read_all(document: &Document) -> Result<Vec<SourceTable>> {
    let mut found: Vec<SourceTable> = Vec::new();
    for table in &document.sources {
        let source = read(document, table)?;
        if found.iter().any(|other| other.name == source.name) {
            let what = format!("two sources are named {}", source.name);
            return Err(document.mistake(table.line, what).remedy("give each its own name"));
        }
        found.push(source);
    }
    Ok(found)
}

fn read(document: &Document, table: &Table) -> Result<SourceTable> {
    let command = SourceKeys::augment_args(Command::new("source").no_binary_name(true));
    let mut words = Vec::new();
    for setting in &table.settings {
        let Some(flag) = keys::flag(&command, &setting.key) else {
            let names = || keys::flags(&command).filter_map(|flag| flag.get_long());
            let all = || format!("a source has the keys {}", names().collect::<Vec<_>>().join(", "));
            let advice = keys::did_you_mean(nearest_name(&setting.key, names())).unwrap_or_else(all);
            return Err(unknown(document, setting, &advice));
        };
        let values = values_of(document, flag, setting)?;
        let words_of = values.iter().map(|value| format!("--{}={value}", setting.key));
        super::defaults::try_values(&command, flag, &values)
            .map_err(|what| document.mistake(setting.line, what))?;
        words.extend(words_of);
    }
    for needed in ["name", "files"] {
        if table.settings.iter().all(|setting| setting.key != needed) {
            let what = format!("this source has no {needed}");
            return Err(document.mistake(table.line, what));
        }
    }
    let keys = command.try_get_matches_from(words).and_then(|matches| SourceKeys::from_arg_matches(&matches));
    let keys = keys.map_err(|error| document.mistake(table.line, usage::explained(&error)))?;
    let folder = document.path.parent().unwrap_or(Path::new(""));
    let line =
        table.settings.iter().find(|setting| setting.key == "files").map_or(table.line, |files| files.line);
    let pattern = |text: &String| {
        let mistake = |error| document.mistake(line, format!("files: {text} is not a pattern: {error}"));
        FilePattern::read(text, folder).map_err(mistake)
    };
    Ok(SourceTable {
        request: SourceRequest { name: Some(keys.name.clone()), ..keys.columns.request() },
        patterns: keys.files.iter().map(pattern).collect::<Result<_>>()?,
        name: keys.name,
    })
}
