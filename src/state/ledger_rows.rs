//! Head and ledger entries: from the values of the core to rows of the newest format, and back.

use super::file_rows;
use super::rows::time;
use crate::core::event::{Place, Timestamp};
use crate::core::gap::Gap;
use crate::core::rules::{RuleFlag, RuleTexts};
use crate::core::watermark::Watermark;
use crate::definition::{Column, Definition, Source};
use crate::ledger::{Counts, Head, KnownFiles, RunEntry, RunId, RunKind, WatermarkOrigin};
use crate::migrations::checkpoint::v1;
use crate::purged::{PurgedKey, PurgedKeys};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

type Damage = String;

pub(super) fn head_row(head: &Head) -> v1::Head {
    v1::Head {
        run: head.run.number(),
        generation: head.generation,
        chunks: head.chunks,
        state_digest: head.state_digest,
        keys_open: head.keys_open,
        sessions_open: head.sessions_open,
        events_open: head.events_open,
        oldest_open_start_us: head.oldest_open_start.map(Timestamp::us),
        watermark_us: head.watermark.time().map(Timestamp::us),
        watermark_origin: head.watermark_origin.as_ref().map(origin_row),
        latest_us: head.latest.map(Timestamp::us),
        accepts_from_us: head.accepts_from.time().map(Timestamp::us),
        purged: head.purged.iter().map(purged_row).collect(),
        known_files: head.known_files.count,
        known_files_sum: head.known_files.sum,
        definition: definition_row(&head.definition),
    }
}

pub(super) fn head(row: v1::Head) -> Result<Head, Damage> {
    Ok(Head {
        run: RunId::new(row.run),
        generation: row.generation,
        chunks: row.chunks,
        state_digest: row.state_digest,
        keys_open: row.keys_open,
        sessions_open: row.sessions_open,
        events_open: row.events_open,
        oldest_open_start: row.oldest_open_start_us.map(time).transpose()?,
        watermark: watermark(row.watermark_us)?,
        watermark_origin: row.watermark_origin.map(origin),
        latest: row.latest_us.map(time).transpose()?,
        accepts_from: watermark(row.accepts_from_us)?,
        purged: row.purged.into_iter().map(purged).collect::<Result<PurgedKeys, _>>()?,
        definition: definition(row.definition)?,
        known_files: KnownFiles { count: row.known_files, sum: row.known_files_sum },
    })
}

pub(super) fn run_row(entry: &RunEntry) -> v1::RunRow {
    v1::RunRow {
        kind: match &entry.kind {
            RunKind::Batch => v1::RunKind::Batch,
            RunKind::Finalize => v1::RunKind::Finalize,
            RunKind::FinalizeAsOf => v1::RunKind::FinalizeAsOf,
            RunKind::Rollback { to } => v1::RunKind::Rollback { to: to.number() },
            RunKind::Purge => v1::RunKind::Purge,
            RunKind::Import => v1::RunKind::Import,
            RunKind::Migrate => v1::RunKind::Migrate,
            RunKind::Lost => v1::RunKind::Lost,
            RunKind::AcceptMissing { outputs } => v1::RunKind::AcceptMissing { outputs: outputs.clone() },
        },
        as_of_us: entry.as_of.us(),
        files: entry.files.iter().map(file_rows::file_row).collect(),
        counts: counts_row(&entry.counts),
        head: head_row(&entry.head),
    }
}

pub(super) fn run(row: v1::RunRow) -> Result<RunEntry, Damage> {
    Ok(RunEntry {
        kind: match row.kind {
            v1::RunKind::Batch => RunKind::Batch,
            v1::RunKind::Finalize => RunKind::Finalize,
            v1::RunKind::FinalizeAsOf => RunKind::FinalizeAsOf,
            v1::RunKind::Rollback { to } => RunKind::Rollback { to: RunId::new(to) },
            v1::RunKind::Purge => RunKind::Purge,
            v1::RunKind::Import => RunKind::Import,
            v1::RunKind::Migrate => RunKind::Migrate,
            v1::RunKind::Lost => RunKind::Lost,
            v1::RunKind::AcceptMissing { outputs } => RunKind::AcceptMissing { outputs },
        },
        as_of: time(row.as_of_us)?,
        files: row.files.into_iter().map(file_rows::file).collect(),
        counts: counts(row.counts),
        head: head(row.head)?,
    })
}

fn watermark(us: Option<i64>) -> Result<Watermark, Damage> {
    Ok(us.map(time).transpose()?.map_or(Watermark::BEGINNING, Watermark::at))
}

fn purged_row(key: PurgedKey) -> v1::PurgedKey {
    v1::PurgedKey { key_hash: key.hash, until_us: key.until.us() }
}

fn purged(row: v1::PurgedKey) -> Result<PurgedKey, Damage> {
    Ok(PurgedKey { hash: row.key_hash, until: time(row.until_us)? })
}

fn origin_row(origin: &WatermarkOrigin) -> v1::WatermarkOrigin {
    let place =
        |place: &Place| v1::Place { file: place.file.as_os_str().as_bytes().to_vec(), line: place.line };
    v1::WatermarkOrigin { run: origin.run.number(), place: origin.place.as_ref().map(place) }
}

fn origin(row: v1::WatermarkOrigin) -> WatermarkOrigin {
    let place = |row: v1::Place| Place {
        file: PathBuf::from(std::ffi::OsString::from_vec(row.file)),
        line: row.line,
    };
    WatermarkOrigin { run: RunId::new(row.run), place: row.place.map(place) }
}

pub fn definition_row(definition: &Definition) -> v1::Definition {
    v1::Definition {
        gap_us: definition.gap.us(),
        sources: definition.sources.iter().map(source_row).collect(),
        rules: definition
            .rules
            .iter()
            .map(|(flag, values)| (flag.name().to_owned(), values.to_vec()))
            .collect(),
        event_columns: definition.event_columns.clone(),
    }
}

fn source_row(source: &Source) -> v1::Source {
    let column = |column: &Column| v1::Column { position: column.position, name: column.name.clone() };
    v1::Source {
        name: source.name.clone(),
        key: source.key.iter().map(column).collect(),
        time: source.time.iter().map(column).collect(),
        header: source.header,
        options: source.options.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        time_format: source.time_format.clone(),
        timezone: source.timezone.clone(),
        kept: source.kept.iter().map(column).collect(),
    }
}

pub fn definition(row: v1::Definition) -> Result<Definition, Damage> {
    let mut rules = RuleTexts::default();
    for (name, values) in row.rules {
        let flag = RuleFlag::named(&name).ok_or_else(|| format!("there is no rule {name}"))?;
        rules.set(flag, values);
    }
    Ok(Definition {
        gap: Gap::from_us(row.gap_us),
        sources: row.sources.into_iter().map(source).collect(),
        rules,
        event_columns: row.event_columns,
    })
}

fn source(row: v1::Source) -> Source {
    let column = |row: v1::Column| Column { position: row.position, name: row.name };
    Source {
        name: row.name,
        key: row.key.into_iter().map(column).collect(),
        time: row.time.into_iter().map(column).collect(),
        header: row.header,
        options: row.options.into_iter().collect(),
        time_format: row.time_format,
        timezone: row.timezone,
        kept: row.kept.into_iter().map(column).collect(),
    }
}

fn counts_row(counts: &Counts) -> v1::Counts {
    v1::Counts {
        rows_read: counts.rows_read,
        events_accepted: counts.events_accepted,
        events_late: counts.events_late,
        rejects: counts.rejects.iter().map(|(reason, &rows)| (reason.clone(), rows)).collect(),
        sessions_completed: counts.sessions_completed,
        events_completed: counts.events_completed,
        events_open_before: counts.events_open_before,
        events_open_after: counts.events_open_after,
        events_removed: counts.events_removed,
        events_duplicate: counts.events_duplicate,
        sessions_retracted: counts.sessions_retracted,
        events_retracted: counts.events_retracted,
        rows_filtered: counts.rows_filtered,
        sessions_filtered: counts.sessions_filtered,
        events_filtered: counts.events_filtered,
    }
}

fn counts(row: v1::Counts) -> Counts {
    Counts {
        rows_read: row.rows_read,
        events_accepted: row.events_accepted,
        events_late: row.events_late,
        rejects: row.rejects.into_iter().collect(),
        sessions_completed: row.sessions_completed,
        events_completed: row.events_completed,
        events_open_before: row.events_open_before,
        events_open_after: row.events_open_after,
        events_removed: row.events_removed,
        events_duplicate: row.events_duplicate,
        sessions_retracted: row.sessions_retracted,
        events_retracted: row.events_retracted,
        rows_filtered: row.rows_filtered,
        sessions_filtered: row.sessions_filtered,
        events_filtered: row.events_filtered,
    }
}
