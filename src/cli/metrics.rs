//! The figures of a checkpoint in the text format of Prometheus (version 0.0.4), for the textfile collector of `node_exporter`.
//!
//! Names follow its rules: base units, `_total` for sums, which only a rollback lowers, `_timestamp_seconds` for points in time.
#![expect(clippy::disallowed_methods, reason = "a file of its own, which is no output")]

use crate::error::{Error, ErrorKind, Result};
use crate::report::StatusReport;
use std::fmt::Write;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Everybody may read the file: the collector is another user.
const MODE: u32 = 0o644;

/// Writes the figures to `file`. A reader sees the old file or the new one, never half of one.
///
/// # Errors
/// [`ErrorKind::Failed`] if it cannot be written.
pub(super) fn write(file: &Path, report: &StatusReport) -> Result<()> {
    let written = || -> io::Result<()> {
        // The collector reads only files that end in `.prom`.
        let mut partial = file.as_os_str().to_owned();
        partial.push(format!(".{}.partial", std::process::id()));
        fs::write(&partial, text(report))?;
        // Another user reads it, whatever the mask of this process is.
        fs::set_permissions(&partial, Permissions::from_mode(MODE))?;
        fs::rename(&partial, file)
    };
    written()
        .map_err(|error| Error::io(ErrorKind::Failed, "write the metrics", file, &error).nothing_changed())
}

fn text(report: &StatusReport) -> String {
    let mut metrics = Metrics::default();
    metrics.gauge("problems", "What needs attention, in number.", count(report.problems.len()));
    metrics.optional("last_run_timestamp_seconds", "When the last run started.", report.last_run_at_s);
    metrics.optional("watermark_timestamp_seconds", "The watermark of the last run.", report.watermark_s);
    metrics.gauge("open_sessions", "Open sessions after the last run.", report.sessions_open);
    metrics.gauge("open_events", "Events in open sessions, and buffered events.", report.events_open);
    let unpublished = u8::from(report.unpublished_run.is_some());
    metrics.gauge("unpublished_runs", "Runs that are committed but not published.", unpublished);
    metrics.gauge(
        "missing_batches",
        "Expected batches that are missing.",
        count(report.missing_batches.len()),
    );
    let totals = &report.totals;
    metrics.counter("rows_read_total", "Rows read by the runs that stand.", totals.rows_read);
    metrics.counter("sessions_completed_total", "Completed sessions.", totals.sessions_completed);
    metrics.counter("events_completed_total", "Events in completed sessions.", totals.events_completed);
    metrics.counter("events_late_total", "Late events.", totals.events_late);
    metrics.family("rows_rejected_total", "Rejected rows by reason.", "counter");
    for (reason, rows) in &totals.rejects {
        metrics.labeled("rows_rejected_total", "reason", reason, *rows);
    }
    metrics.family("follower_runs_behind", "Published runs that a follower lacks.", "gauge");
    for follower in &report.followers {
        metrics.labeled("follower_runs_behind", "follower", &follower.name, follower.runs_behind);
    }
    metrics.family("disk_free_bytes", "Free space for a folder of the checkpoint.", "gauge");
    for folder in &report.folders {
        metrics.labeled("disk_free_bytes", "folder", folder.name, folder.bytes_free);
    }
    metrics.text
}

fn count(length: usize) -> u64 {
    length as u64
}

#[derive(Debug, Default)]
struct Metrics {
    text: String,
}

impl Metrics {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // A string takes everything.
        let _ = self.text.write_fmt(line);
        self.text.push('\n');
    }

    fn family(&mut self, name: &str, help: &str, kind: &str) {
        self.line(format_args!("# HELP sessionize_{name} {help}"));
        self.line(format_args!("# TYPE sessionize_{name} {kind}"));
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Into<u64>) {
        self.family(name, help, "gauge");
        self.line(format_args!("sessionize_{name} {}", value.into()));
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.family(name, help, "counter");
        self.line(format_args!("sessionize_{name} {value}"));
    }

    /// What is unknown before the first run has no sample.
    fn optional(&mut self, name: &str, help: &str, value: Option<f64>) {
        self.family(name, help, "gauge");
        if let Some(value) = value {
            self.line(format_args!("sessionize_{name} {value}"));
        }
    }

    fn labeled(&mut self, name: &str, label: &str, value: &str, sample: u64) {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        self.line(format_args!("sessionize_{name}{{{label}=\"{value}\"}} {sample}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{FollowerReport, TotalsReport};

    #[test]
    fn every_sample_has_its_family_and_labels_are_escaped() {
        let follower = FollowerReport {
            name: "a\"b\\c\n".to_owned(),
            target: String::new(),
            run: 1,
            runs_behind: 2,
            rows_behind: 3,
        };
        let totals = TotalsReport { rejects: [("time".to_owned(), 4)].into(), ..TotalsReport::default() };
        let report = StatusReport {
            followers: vec![follower],
            totals,
            watermark_s: Some(1_577_836_800.25),
            ..StatusReport::default()
        };
        let text = text(&report);
        assert!(
            text.contains("\nsessionize_follower_runs_behind{follower=\"a\\\"b\\\\c\\n\"} 2\n"),
            "{text}"
        );
        assert!(text.contains("\nsessionize_rows_rejected_total{reason=\"time\"} 4\n"), "{text}");
        assert!(text.contains("\nsessionize_watermark_timestamp_seconds 1577836800.25\n"), "{text}");
        assert!(!text.contains("\nsessionize_last_run_timestamp_seconds"), "there was no run");
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split(['{', ' ']).next().unwrap();
            assert!(
                text.contains(&format!("# TYPE {name} ")) && text.contains(&format!("# HELP {name} ")),
                "{line}"
            );
        }
    }
}
