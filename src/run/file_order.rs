//! The order in which a command ingests its files.

use super::context::Context;
use super::file_reader::FileToRead;
use super::identity::{Identity, identify, identify_in_turn};
use super::natural;
use super::plan::FilePlan;
use super::reading::refusal;
use crate::core::event::Timestamp;
use crate::core::rules::RuleSet;
use crate::core::watermark::Watermark;
use crate::error::Result;
use crate::input::{BatchFile, EventBatch, Intake, RowRules, UnitDecoder};
use crate::purged::PurgedKeys;
use crate::settings::{FileOrder, RunSettings};

/// Sorts `files` in the order that `settings` request. Equal ones stay in the given order.
///
/// For the order by time, each new file is decoded up to its first unit with an event, before anything changes.
///
/// # Errors
/// For the order by time: the errors that a run of all files would find at their beginnings, as [`super::run`].
pub fn in_order(
    context: &Context,
    settings: &RunSettings,
    mut files: Vec<BatchFile>,
) -> Result<Vec<BatchFile>> {
    let name = |file: &BatchFile| file.path().as_os_str().as_encoded_bytes().to_vec();
    match settings.file_order {
        FileOrder::Given => {}
        FileOrder::Name => files.sort_by(|one, other| natural::compare(&name(one), &name(other))),
        FileOrder::Time => files = by_time(context, settings, files)?,
    }
    Ok(files)
}

/// In the order of the first event of each. Files without one, and those that are known already, come first: they move nothing.
fn by_time(context: &Context, settings: &RunSettings, mut files: Vec<BatchFile>) -> Result<Vec<BatchFile>> {
    let mut plan = FilePlan::begin(context, settings)?;
    plan.take_path_columns(&mut files, settings)?;
    let identified: Vec<(BatchFile, Identity)> = if settings.files.each {
        identify_in_turn(&context.checkpoint, settings, files)?
    } else {
        let identities = identify(&context.checkpoint, settings, &files)?;
        files.into_iter().zip(identities).collect()
    };
    let mut timed = Vec::with_capacity(identified.len());
    for (file, identity) in identified {
        let Identity::New(part) = identity else {
            timed.push((None, file));
            continue;
        };
        let of = plan.open(file, part, settings)?;
        let latest_allowed = context.as_of.saturating_add_us(settings.max_future_us);
        let first = first_event(&of, &plan.rules, latest_allowed, settings.max_bytes)?;
        timed.push((first, of.file));
    }
    timed.sort_by_key(|(first, _)| *first);
    Ok(timed.into_iter().map(|(_, file)| file).collect())
}

/// The earliest event of the first unit that has one.
fn first_event(
    of: &FileToRead,
    rules: &RuleSet,
    latest_allowed: Timestamp,
    max_bytes: u64,
) -> Result<Option<Timestamp>> {
    let content = of.file.content().map_err(|error| of.file.read_error(&error))?;
    let never_late = RowRules {
        accepts_from: Watermark::BEGINNING,
        purged: PurgedKeys::default(),
        latest_allowed: latest_allowed.min(Timestamp::LAST_EVENT),
        selection: rules.selection().clone(),
        key_hasher: None,
    };
    let mut decoder = UnitDecoder::new(Intake::new(of.times.clone(), of.file.path_columns(), never_late));
    let mut units = of.decoder.units(content, of.extent());
    let (mut batch, mut lines) = (EventBatch::default(), 0);
    loop {
        let unit = units.next(Vec::new());
        let unit = unit.map_err(|error| refusal(&error, &of.file, lines, max_bytes))?;
        let Some(unit) = unit else { return Ok(None) };
        let refused = |error| refusal(&error, &of.file, lines, max_bytes);
        decoder.decode(&unit, &mut batch).map_err(refused)?;
        if batch.earliest.is_some() {
            return Ok(batch.earliest);
        }
        lines += batch.lines.lines;
    }
}
