//! Verify: all checks that need no batch files: checksums, invariants, accounts, outputs.

use super::rewrite::commit_unchanged;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Counts, RunEntry, RunKind, active_runs, audit};
use crate::output::{Listing, Manifest, Output, audit_output};
use crate::report::VerifyReport;
use crate::run::{Cancellation, Context, Look, Opening, expect_existing};
use crate::settings::CommonSettings;
use crate::state::Checkpoint;

/// How often it looks again if other commands may have caused the findings.
const LOOKS: usize = 3;

/// Checks every chunk and entry against its checksum, the open state against the rules and the head, the accounts of the whole
/// ledger, the known files, and every published output against its manifest. After a finding it continues as far as possible.
///
/// # Errors
/// If nothing can be checked at all. Damage is not an error here but a finding.
pub fn verify(common: &CommonSettings, cancellation: &Cancellation) -> Result<VerifyReport> {
    let mut looks = 0;
    loop {
        looks += 1;
        let (report, is_over) = verify_once(common, cancellation)?;
        // A rollback moves outputs while they are read.
        if report.status == "ok" || !is_over || looks == LOOKS {
            return Ok(report);
        }
    }
}

/// The report, and whether it describes the state from before the check.
fn verify_once(common: &CommonSettings, cancellation: &Cancellation) -> Result<(VerifyReport, bool)> {
    let mut report = VerifyReport { status: "ok", ..VerifyReport::default() };
    let mut is_over = false;
    if let Some((look, listing)) = look(common, cancellation, &mut report.findings)? {
        cancellation.leaves_nothing()?;
        let mut findings = Vec::new();
        report.unpublished_run = look.unpublished_run();
        let checked = listing.and_then(|listing| {
            let outputs =
                Outputs { folder: &look.output, listing: &listing, unpublished: look.unpublished.as_ref() };
            check(&look.checkpoint, outputs, &mut report, &mut findings)
        });
        match checked {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Checkpoint => findings.push(error.to_string()),
            Err(error) => return Err(error),
        }
        report.findings.extend(findings);
        is_over = look.is_over(common);
    } else {
        report.findings.push("nothing more could be checked".to_owned());
    }
    report.status = status(&report);
    Ok((report, is_over))
}

fn status(report: &VerifyReport) -> &'static str {
    match (report.findings.is_empty(), report.missing_outputs.is_empty()) {
        (false, _) => "damaged",
        (true, false) => "missing",
        (true, true) => "ok",
    }
}

/// The same, and records in a run that the missing outputs were removed on purpose. If anything is damaged, nothing is
/// recorded: the damage must be repaired first.
///
/// # Errors
/// If nothing can be checked at all, also because of damage. [`ErrorKind::Failed`] if nothing can be written.
pub fn accept_missing(common: &CommonSettings, cancellation: &Cancellation) -> Result<VerifyReport> {
    let mut context = Context::open_existing(common, cancellation)?;
    let (mut report, mut findings) = (VerifyReport::default(), Vec::new());
    // The lock is held, so no other command moves outputs.
    let listing = Listing::of(&context.output, None)?;
    let outputs = Outputs { folder: &context.output, listing: &listing, unpublished: None };
    check(&context.checkpoint, outputs, &mut report, &mut findings)?;
    report.findings = findings;
    report.status = status(&report);
    let head = context.checkpoint.head().cloned();
    if let Some(before) = head.filter(|_| report.status == "missing") {
        let kind = RunKind::AcceptMissing { outputs: report.missing_outputs.clone() };
        let entry = commit_unchanged(&mut context, &before, kind)?;
        report.accepted_in_run = Some(entry.head.run.number());
        report.status = "ok";
    }
    Ok(report)
}

/// The checkpoint, if necessary without its damaged parts; `None` if it cannot be opened at all.
fn look(
    common: &CommonSettings,
    cancellation: &Cancellation,
    findings: &mut Vec<String>,
) -> Result<Option<(Look, Result<Listing>)>> {
    let list = |look: &Look| Ok(Listing::of(&look.output, look.unpublished.as_ref()));
    let mut missing = |error: Error| match error.kind() {
        ErrorKind::Checkpoint => {
            findings.push(error.to_string());
            Ok(None)
        }
        _ => Err(error),
    };
    let whole = expect_existing(common).and_then(|()| Look::with(common, cancellation, Opening::Whole, list));
    match whole.map(Some).or_else(&mut missing)? {
        Some(found) => Ok(Some(found)),
        // The first attempt reported what is wrong with the head.
        None => match Look::with(common, cancellation, Opening::Damaged, list) {
            Err(error) if error.kind() == ErrorKind::Checkpoint => Ok(None),
            found => found.map(Some),
        },
    }
}

/// The outputs of a checkpoint.
#[derive(Debug, Clone, Copy)]
struct Outputs<'o> {
    folder: &'o Output,
    /// Their names, listed together with the checkpoint.
    listing: &'o Listing,
    /// The manifest of a run whose outputs are not all published.
    unpublished: Option<&'o Manifest>,
}

fn check(
    checkpoint: &Checkpoint,
    outputs: Outputs<'_>,
    report: &mut VerifyReport,
    findings: &mut Vec<String>,
) -> Result<()> {
    let (entries, marks): (Vec<_>, Vec<_>) = checkpoint.readable_runs(findings)?.into_iter().unzip();
    report.runs = entries.len() as u64;
    report.runs_active = active_runs(&entries).len() as u64;
    check_ledger(checkpoint, &entries, findings);
    check_states(checkpoint, &entries, report, findings)?;
    findings.extend(checkpoint.audit_files(&entries)?);
    let totals = totals(&entries);
    report.rows_read = totals.rows_read;
    report.rows_filtered = totals.rows_filtered;
    report.rows_rejected = totals.rows_rejected();
    report.events_late = totals.events_late;
    report.events_completed = totals.events_completed;
    report.events_filtered = totals.events_filtered;
    report.events_removed = totals.events_removed;
    let audit = audit_output(outputs.folder, &entries, &marks, outputs.listing, outputs.unpublished);
    report.manifests = audit.manifests;
    report.output_files = audit.files;
    report.output_bytes = audit.bytes;
    report.output_sessions = audit.sessions;
    report.missing_outputs = audit.missing;
    report.missing_accepted = audit.accepted;
    report.pruned_through = Some(audit.pruned).filter(|&run| run > 0);
    findings.extend(audit.findings);
    Ok(())
}

fn check_ledger(checkpoint: &Checkpoint, entries: &[RunEntry], findings: &mut Vec<String>) {
    let found = audit(entries).into_iter();
    findings.extend(found.map(|(run, finding)| format!("run {}: {finding}", run.number())));
    if checkpoint.head() != entries.last().map(|entry| &entry.head) {
        findings.push("the head is not that of the last run in the ledger".to_owned());
    }
    if let Err(imbalance) = totals(entries).check_identity() {
        findings.push(format!("over all active runs, {imbalance}"));
    }
}

/// The sum of the counts of the active runs, from no open events to the present ones.
fn totals(entries: &[RunEntry]) -> Counts {
    let active = active_runs(entries);
    let mut totals = Counts::default();
    for entry in entries.iter().filter(|entry| active.contains(&entry.head.run)) {
        if !matches!(entry.kind, RunKind::Rollback { .. }) {
            totals.add(&entry.counts);
        }
    }
    totals.events_open_after = entries.last().map_or(0, |entry| entry.counts.events_open_after);
    totals
}

/// The state of the head, and every older one that a rollback may need. An import starts the generations again.
fn check_states(
    checkpoint: &Checkpoint,
    entries: &[RunEntry],
    report: &mut VerifyReport,
    findings: &mut Vec<String>,
) -> Result<()> {
    let Some(head) = checkpoint.head() else { return Ok(()) };
    let audit = checkpoint.audit_state(head)?;
    report.generations = 1;
    report.chunks = audit.chunks;
    report.keys_open = audit.open.keys;
    report.sessions_open = audit.open.sessions;
    report.events_open = audit.open.events;
    findings.extend(audit.findings);
    let since = entries.iter().rposition(|entry| entry.kind == RunKind::Import).unwrap_or(0);
    for entry in entries[since..].iter().filter(|entry| entry.head.generation < head.generation) {
        if checkpoint.has_generation(entry.head.generation)? {
            let audit = checkpoint.audit_state(&entry.head)?;
            report.generations += 1;
            report.chunks += audit.chunks;
            findings.extend(audit.findings);
        }
    }
    Ok(())
}
