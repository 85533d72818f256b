//! Real logs, whole and cut into batches, against session lists that another engine has made.
//!
//! The logs are not part of the project. They are looked for in `../shared/data` beside it, or where
//! `SESSIONIZE_DATA` says; a log that is not there is skipped, loudly. `ABOUT.md` beside each tells where it comes from.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on ends, and says so")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

use crate::oracle::OracleSession;
use crate::support::{Folder, SessionRow};
use std::fs;
use std::path::PathBuf;

/// A log with the flags that `run` needs for it.
struct Log {
    folder: &'static str,
    file: &'static str,
    flags: &'static [&'static str],
    /// The name of the time column.
    time: &'static str,
    /// More than any row of the file lies behind the latest time before it.
    disorder: &'static str,
}

const SHOP: Log = Log {
    folder: "shop",
    file: "ecom.csv",
    flags: &["--key", "user_id", "--time", "timestamp"],
    time: "timestamp",
    disorder: "178d",
};

const WEBLOG: Log = Log {
    folder: "weblog",
    file: "apache_logs.csv",
    flags: &["--key", "ip", "--time", "timestamp"],
    time: "timestamp",
    disorder: "60s",
};

/// Where the log lies, or `None` after saying that it does not.
fn find(log: &Log, name: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let root = std::env::var_os("SESSIONIZE_DATA").map_or(beside, PathBuf::from);
    let path = root.join(log.folder).join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: there is no {}; set SESSIONIZE_DATA to the folder of the logs", path.display());
    None
}

/// The sessions of the other engine: `key,start,end,events`.
fn truth(log: &Log, gap: &str) -> Option<Vec<OracleSession>> {
    let content = crate::support::read_gzip(&find(log, &format!("truth_{gap}.csv.gz"))?);
    let session = |row: &Vec<Vec<u8>>| {
        let text = |field: usize| str::from_utf8(&row[field]).unwrap();
        let (key, start_us) = (row[0].clone(), crate::oracle::us(text(1)));
        let id = crate::oracle::session_id(&key, start_us);
        OracleSession {
            key,
            start_us,
            end_us: crate::oracle::us(text(2)),
            events: text(3).parse().unwrap(),
            id,
        }
    };
    let mut sessions: Vec<_> = crate::support::read_csv(&content)[1..].iter().map(session).collect();
    sessions.sort();
    Some(sessions)
}

/// A row of the output in the words of the oracle.
pub fn as_oracle(row: &SessionRow) -> OracleSession {
    OracleSession {
        key: row.key[0].clone().into_bytes(),
        start_us: crate::oracle::us(&row.start),
        end_us: crate::oracle::us(&row.end),
        events: row.events,
        id: row.id.parse().unwrap(),
    }
}

/// Takes `batches` in, one run each, and compares every session with the truth.
#[track_caller]
fn assert_sessions(log: &Log, gap: &str, lateness: &str, batches: &[Vec<u8>]) {
    let Some(expected) = truth(log, gap) else { return };
    let folder = Folder::new();
    for (number, batch) in batches.iter().enumerate() {
        let name = format!("{number}.csv");
        folder.write(&name, batch);
        let run = [
            "run",
            &name,
            "--gap",
            gap,
            "--watermark-delay",
            lateness,
            "--max-late",
            "0",
            "--max-rejects",
            "0",
        ];
        folder.sessionize(&[&run, log.flags].concat()).expect_code(0);
    }
    folder.sessionize(&["finalize"]).expect_code(0);
    let mut sessions: Vec<_> = folder.sessions().iter().map(as_oracle).collect();
    sessions.sort();
    assert!(!expected.is_empty());
    assert!(
        sessions == expected,
        "{} at {gap}: {} sessions, not {}",
        log.folder,
        sessions.len(),
        expected.len()
    );
}

/// Rows, verbatim with their line ends, and their times; the first is the header.
fn rows_by_time(log: &Log, content: &[u8]) -> (Vec<u8>, Vec<(i64, Vec<u8>)>) {
    let mut reader = csv::ReaderBuilder::new().from_reader(content);
    let header = reader.byte_headers().unwrap().clone();
    let time = header.iter().position(|name| name == log.time.as_bytes()).unwrap();
    let mut ends = vec![byte_position(&reader)];
    let mut times = Vec::new();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).unwrap() {
        let text = str::from_utf8(&record[time]).unwrap().replace(' ', "T");
        times.push(crate::oracle::us(&(text.trim_end_matches('Z').to_owned() + "Z")));
        ends.push(byte_position(&reader));
    }
    let row = |at: usize| content[ends[at]..ends[at + 1]].to_vec();
    let rows = times.iter().enumerate().map(|(number, &us)| (us, row(number))).collect();
    (content[..ends[0]].to_vec(), rows)
}

fn byte_position(reader: &csv::Reader<&[u8]>) -> usize {
    usize::try_from(reader.position().byte()).unwrap()
}

/// Cuts a log into `pieces` with as many rows each, every one with the header.
fn cut(header: &[u8], rows: &[(i64, Vec<u8>)], pieces: usize) -> Vec<Vec<u8>> {
    let with_header = |rows: &[(i64, Vec<u8>)]| {
        rows.iter().fold(header.to_vec(), |mut batch, (_, row)| {
            batch.extend_from_slice(row);
            batch
        })
    };
    rows.chunks(rows.len().div_ceil(pieces)).map(with_header).collect()
}

/// The log as one batch.
fn whole(log: &Log, gap: &str) {
    let Some(path) = find(log, log.file) else { return };
    assert_sessions(log, gap, "0s", &[fs::read(path).unwrap()]);
}

/// The log in batches, as it arrived: rows lie behind those of earlier batches, within the lateness.
fn as_it_arrived(log: &Log, gap: &str, pieces: usize) {
    let Some(path) = find(log, log.file) else { return };
    let (header, rows) = rows_by_time(log, &fs::read(path).unwrap());
    assert_sessions(log, gap, log.disorder, &cut(&header, &rows, pieces));
}

/// The log in batches cut by time, as day files are, without any lateness. Inside its batch every row comes before its
/// predecessor.
fn by_time(log: &Log, gap: &str, pieces: usize) {
    let Some(path) = find(log, log.file) else { return };
    let (header, mut rows) = rows_by_time(log, &fs::read(path).unwrap());
    rows.sort_by_key(|(us, _)| *us);
    let size = rows.len().div_ceil(pieces);
    rows.chunks_mut(size).for_each(<[_]>::reverse);
    assert_sessions(log, gap, "0s", &cut(&header, &rows, pieces));
}

#[test]
fn the_shop_whole() {
    whole(&SHOP, "5m");
    whole(&SHOP, "30m");
}

#[test]
fn the_shop_as_it_arrived() {
    as_it_arrived(&SHOP, "5m", 7);
    as_it_arrived(&SHOP, "30m", 12);
}

#[test]
fn the_shop_by_time() {
    by_time(&SHOP, "5m", 12);
    by_time(&SHOP, "30m", 2);
}

#[test]
fn the_web_server_whole() {
    whole(&WEBLOG, "5m");
    whole(&WEBLOG, "30m");
}

#[test]
fn the_web_server_as_it_arrived() {
    as_it_arrived(&WEBLOG, "5m", 2);
    as_it_arrived(&WEBLOG, "30m", 12);
}

#[test]
fn the_web_server_by_time() {
    by_time(&WEBLOG, "5m", 12);
    by_time(&WEBLOG, "30m", 7);
}
