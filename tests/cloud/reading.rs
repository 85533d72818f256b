//! The readers of `docs/delivery.md` find the sessions of the active runs, in a folder and in a bucket.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on ends, one that cannot begin says so"
)]
#![allow(clippy::disallowed_methods, reason = "reads the documentation")]

use crate::moto;
use crate::store::Bucket;
use crate::support::{Finished, Folder};
use std::path::Path;
use std::process::{Command, Stdio};

const PACKAGES: &str = "import duckdb, pyarrow";
const MISSING: &str = "!!!! READERS OF DELIVERED FILES WERE NOT CHECKED: pip install duckdb pyarrow (PYTHON names the interpreter) !!!!";

fn python() -> Option<Command> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&python).args(["-c", PACKAGES]).stderr(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        eprintln!("{MISSING}");
        return None;
    }
    Some(Command::new(python))
}

/// The block of this language in the section about reading.
fn recipe(language: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/delivery.md");
    let page = std::fs::read_to_string(page).unwrap();
    let section = page.split_once("### Read them").unwrap().1;
    let block = section.split_once(&format!("```{language}\n")).unwrap().1;
    block.split_once("```").unwrap().0.to_owned()
}

/// Two runs of which the second corrects the first, one that is rolled back, and one more.
fn outputs() -> Folder {
    let folder = Folder::in_memory();
    let run = |day: &str, rows: &str| {
        let name = format!("{day}.csv");
        folder.write(&name, format!("user,ts\n{rows}"));
        let flags = ["--gap=30m", "--allowed-lateness=9d", "--output-format=parquet", "--partition-by=date"];
        folder.sessionize(&[&["run", &name], &flags[..]].concat()).expect_code(0);
    };
    run("1", "ann,2020-01-01T10:00:00Z\nbob,2020-01-01T11:00:00Z\nzed,2020-01-01T23:00:00Z\n");
    // Two events of ann, one before and one behind the other: the session of one event goes, and one of three comes.
    run(
        "2",
        "ann,2020-01-01T09:50:00Z\nann,2020-01-01T10:10:00Z\nbob,2020-01-01T11:05:00Z\nzed,2020-01-02T23:00:00Z\n",
    );
    folder.sessionize(&["deliver", "--to=./lake"]).expect_code(0);
    run("3", "cid,2020-01-03T10:00:00Z\nzed,2020-01-03T23:00:00Z\n");
    folder.sessionize(&["deliver", "--to=./lake"]).expect_code(0);
    folder.sessionize(&["rollback", "--to-run=2"]).expect_code(0);
    run("4", "dan,2020-01-04T10:00:00Z\nzed,2020-01-04T23:00:00Z\n");
    folder.sessionize(&["finalize", "--output-format=parquet"]).expect_code(0);
    folder.sessionize(&["deliver", "--to=./lake"]).expect_code(0);
    folder
}

/// By hand, from the events that are left.
const EXPECTED: &str = "ann 3\nbob 2\ndan 1\nzed 1\nzed 1\nzed 1\n";

#[test]
fn duckdb_reads_a_folder() {
    let Some(mut python) = python() else { return };
    let folder = outputs();
    let code = "import duckdb, sys\nduckdb.sql(sys.stdin.read())\n\
        for user, count in duckdb.sql('SELECT user, event_count FROM sessions ORDER BY ALL').fetchall(): print(user, count)";
    python.args(["-c", code]).current_dir(folder.path(""));
    let finished = Finished::of(python, recipe("sql").as_bytes()).expect_code(0);
    assert_eq!(finished.stdout, EXPECTED);
}

#[test]
fn python_reads_a_folder_and_a_bucket() {
    let (Some(bucket), Some(_)) = (Bucket::new(), python()) else { return };
    let folder = outputs();
    let code = recipe("python")
        + "\nfor row in sorted((r['user'], r['event_count']) for r in sessions.values()): print(*row)";
    let to = bucket.url("lake");
    let mut deliver = folder.command(&["deliver", "--to", &to, "--name=bucket"]);
    deliver.envs(moto::environment(bucket.proxy.port));
    Finished::of(deliver, b"").expect_code(0);
    let here = format!("file://{}", folder.path("lake").display());
    let there = format!("{to}?endpoint_override=127.0.0.1:{}&scheme=http", bucket.proxy.port);
    for root in [here, there] {
        let mut python = python().unwrap();
        python.args(["-c", &code, &root]).envs(moto::environment(bucket.proxy.port));
        assert_eq!(Finished::of(python, b"").expect_code(0).stdout, EXPECTED, "{root}");
    }
}
