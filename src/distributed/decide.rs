//! The definition of a stream, as the first batch decides it and later ones keep it (rule 12).

use super::decoding::{only_source, open_decoder, open_file};
use crate::core::gap::Gap;
use crate::core::rules::{RuleFlag, RuleSet, RuleTexts, duration};
use crate::definition::{ColumnRequest, Definition, DefinitionRequest, SourceRequest};
use crate::error::{Error, ErrorKind, Result};
use crate::input::Projection;
use crate::input::arrow::RecordDecoder;
use crate::migrations::checkpoint::v1;
use crate::run::time_parser;
use crate::state::{definition_of, definition_row};
use arrow_schema::Schema;
use serde::Deserialize;

/// What is asked for, in the words of the command's flags.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestRow {
    gap: Option<String>,
    key: Option<Vec<String>>,
    time: Option<Vec<String>>,
    time_format: Option<String>,
    timezone: Option<String>,
    rules: Vec<(String, String)>,
}

/// Decides the definition of batches with this schema, as JSON: that of `kept` if there is one, which must not differ.
///
/// # Errors
/// [`ErrorKind::Usage`] for a request that makes no sense, [`ErrorKind::DataRefused`] if the schema has no such columns,
/// [`ErrorKind::Definition`] if the request differs from what is kept.
pub fn decide(request: &str, kept: Option<&str>, schema: &Schema) -> Result<String> {
    decided(request, kept, |definition, rules| {
        let mut event_columns = definition.event_columns.take();
        let mut projection = Projection { kept: rules.kept(), event_columns: &mut event_columns };
        let source = only_source(definition)?;
        RecordDecoder::open(schema, source, &mut time_parser(source)?, &mut projection)?;
        definition.event_columns = event_columns;
        Ok(())
    })
}

/// The same for files: the first one that has content decides.
///
/// # Errors
/// As [`decide`]; [`ErrorKind::NoInput`] if a file cannot be read.
pub fn decide_by_files(
    request: &str,
    kept: Option<&str>,
    paths: &[String],
    format: Option<&str>,
) -> Result<String> {
    decided(request, kept, |definition, rules| {
        if !only_source(definition)?.is_undecided() {
            return Ok(());
        }
        for path in paths {
            let file = open_file(path)?;
            if file.bytes() > 0 {
                return open_decoder(&file, format, definition, rules).map(drop);
            }
        }
        // No run has decided it, or this is a format without places of columns.
        if kept.is_some() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::DataRefused, "no file of the batch shows its columns")
            .remedy("begin with a file that has a header or rows")
            .nothing_changed())
    })
}

/// The definition that `kept` and `look`, which looks at the data, come to.
fn decided(
    request: &str,
    kept: Option<&str>,
    look: impl FnOnce(&mut Definition, &RuleSet) -> Result<()>,
) -> Result<String> {
    let request = read(request)?;
    let mut definition = match kept {
        Some(kept) => {
            let kept: v1::Definition =
                serde_json::from_str(kept).map_err(|error| unreadable(&error.to_string()))?;
            let kept = definition_of(kept).map_err(|wrong| unreadable(&wrong))?;
            refuse_differences(&request, &kept)?;
            kept
        }
        None => request.create(),
    };
    refuse_hashed_keys(&definition.rules)?;
    let rules = definition.rule_set().map_err(usage)?;
    look(&mut definition, &rules)?;
    let keys = definition.key_names();
    definition.rule_set().map_err(usage)?;
    definition.rules.check_names(&keys).map_err(usage)?;
    let columns = definition.event_columns.as_deref().unwrap_or_default();
    definition
        .rules
        .check_file_names(&keys, columns)
        .map_err(|what| Error::new(ErrorKind::DataRefused, what).nothing_changed())?;
    serde_json::to_string(&definition_row(&definition)).map_err(|error| unreadable(&error.to_string()))
}

fn read(request: &str) -> Result<DefinitionRequest> {
    let row: RequestRow = serde_json::from_str(request).map_err(|error| usage(error.to_string()))?;
    let columns = |names: Vec<String>| names.into_iter().map(ColumnRequest::Name).collect();
    let source = SourceRequest {
        key: row.key.map(columns),
        time: row.time.map(columns),
        time_format: row.time_format,
        timezone: row.timezone,
        ..SourceRequest::default()
    };
    let gap = row.gap.as_deref().map(gap_of).transpose()?;
    let rules = row.rules.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    if rules.clone().any(|(name, _)| name == RuleFlag::HashKey.name()) {
        return Err(no_secret());
    }
    let rules = RuleTexts::collect(rules).map_err(usage)?;
    let request = DefinitionRequest { gap, sources: vec![source], rules };
    request.rules.check_none_is_alone().map_err(usage)?;
    request.create().rule_set().map_err(usage)?;
    request.rules.check_names(&[]).map_err(usage)?;
    Ok(request)
}

fn gap_of(text: &str) -> Result<Gap> {
    let gap = duration(text).map_err(|what| usage(format!("gap: {what}")))?;
    let us = i64::try_from(gap.as_micros()).map_err(|error| usage(format!("gap: {error}")))?;
    Ok(Gap::from_us(us))
}

fn refuse_hashed_keys(rules: &RuleTexts) -> Result<()> {
    rules.value(RuleFlag::HashKey).map_or(Ok(()), |_| Err(no_secret()))
}

/// The tasks of an engine would all need the secret, which would then stand in its plans.
fn no_secret() -> Error {
    usage(
        "hash-key: keys are hashed on one machine only, because tasks of an engine are not told secrets"
            .to_owned(),
    )
    .remedy("hash the key column of the frame, or go on with the command")
}

fn refuse_differences(request: &DefinitionRequest, kept: &Definition) -> Result<()> {
    let differences = request.differences(kept);
    if differences.is_empty() {
        return Ok(());
    }
    let texts: Vec<String> = differences.iter().map(ToString::to_string).collect();
    Err(Error::new(ErrorKind::Definition, format!("the definition differs: {}", texts.join("; ")))
        .remedy("leave out what differs, or begin another root; a definition is fixed by the first run")
        .nothing_changed())
}

fn usage(what: String) -> Error {
    Error::new(ErrorKind::Usage, what).nothing_changed()
}

fn unreadable(what: &str) -> Error {
    Error::new(ErrorKind::Checkpoint, format!("the definition of this root cannot be read: {what}"))
}
