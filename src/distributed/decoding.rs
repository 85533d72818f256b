//! Decoders of what a stream reads, by its definition.

use crate::core::rules::RuleSet;
use crate::definition::{Definition, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::input::time::TimeParser;
use crate::input::{BatchFile, FileDecoder, Format, Projection, open_batch};
use crate::run::time_parser;
use std::path::PathBuf;

/// The source of a definition: a data frame is one, however it came about.
pub(super) fn only_source(definition: &mut Definition) -> Result<&mut Source> {
    match &mut definition.sources[..] {
        [source] => Ok(source),
        sources => {
            let what = format!("this state has {} sources, and a data frame is one", sources.len());
            Err(Error::new(ErrorKind::Usage, what).nothing_changed())
        }
    }
}

/// A file by its path or URL.
pub(super) fn open_file(path: &str) -> Result<BatchFile> {
    let mut files = open_batch(&[PathBuf::from(path)], u64::MAX)?;
    match (files.pop(), files.is_empty()) {
        (Some(file), true) => Ok(file),
        _ => Err(Error::new(ErrorKind::NoInput, "this is no longer one file").at(path)),
    }
}

/// The decoder of a file, which may decide about the definition.
pub(super) fn open_decoder(
    file: &BatchFile,
    format: Option<&str>,
    definition: &mut Definition,
    rules: &RuleSet,
) -> Result<(FileDecoder, TimeParser)> {
    let mut event_columns = definition.event_columns.take();
    let mut projection = Projection { kept: rules.kept(), event_columns: &mut event_columns };
    let source = only_source(definition)?;
    let mut times = time_parser(source)?;
    let unknown = |name: &str| Error::new(ErrorKind::Usage, format!("{name}: there is no such input format"));
    let format = format.map(|name| Format::named(name).ok_or_else(|| unknown(name))).transpose()?;
    let decoder = FileDecoder::open(file, format, source, &mut times, &mut projection, u64::MAX)?;
    definition.event_columns = event_columns;
    Ok((decoder, times))
}
