//! Deliveries that end anywhere, meet each other, or come from another place.

use crate::published::{delivered, expect_delivered, published};
use crate::server::{Database, Server, shared};
use crate::support::delivered::delivered_by_four;
use crate::support::{Finished, Folder, OUT, twin};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Three runs with corrections and a rollback among them.
fn history() -> Folder {
    let folder = Folder::in_memory();
    for day in 1..=4 {
        run_day(&folder, day);
        if day == 3 {
            folder.sessionize(&["rollback", "--to-run", "2"]).expect_code(0);
        }
    }
    folder
}

fn run_day(folder: &Folder, day: u32) {
    let rows = (0..40).map(|minute| {
        let day = day - minute % 2 * u32::from(day > 1);
        format!("u{},2020-01-{day:02}T10:{minute:02}:00Z\n", minute % 7)
    });
    let rows = rows.collect::<Vec<_>>().concat();
    let name = format!("day-{day}.csv");
    folder.write(&name, format!("user,ts\n{rows}"));
    folder.sessionize(&["run", &name, "--gap=5m", "--allowed-lateness=2d"]).expect_code(0);
}

fn with_fault(database: &Database<'_>, folder: &Folder, fault: &str) -> Finished {
    let mut command = folder.command(&["deliver", "--to", &database.address()]);
    command.env("SESSIONIZE_FAULT", fault);
    Finished::of(command, b"")
}

#[test]
#[cfg(debug_assertions)]
fn the_program_ends_at_each_of_its_steps() {
    let Some(server) = shared() else { return };
    let folder = history();
    let counted = with_fault(&server.database(), &folder, "count").expect_code(0);
    let line =
        counted.stderr.lines().find_map(|line| line.strip_prefix("durable steps: ")).unwrap().to_owned();
    let (steps, names) = line.split_once(": ").unwrap();
    for name in [
        "commit the tables",
        "commit the position",
        "change the tables",
        "commit the run",
        "the run is committed",
        "rename",
    ] {
        assert!(names.contains(name), "{names}");
    }
    for step in 1..=steps.parse::<usize>().unwrap() {
        for fault in ["abort", "fail"] {
            fs::remove_dir_all(folder.path(OUT).join("followers")).unwrap();
            let database = server.database();
            let ended = with_fault(&database, &folder, &format!("{fault}:{step}"));
            assert_ne!(ended.code, Some(0), "{fault} at step {step}");
            database.deliver(&folder, &[]).expect_code(0);
            expect_delivered(&database, &folder);
            let again = database.deliver(&folder, &["--report=json"]).expect_code(0).json();
            assert_eq!((&again["status"], &again["runs_delivered"]), (&"nothing-to-do".into(), &0.into()));
        }
    }
}

/// Holds a delivery at a step, lets `then` happen, and lets it go on.
#[cfg(debug_assertions)]
fn held(database: &Database<'_>, folder: &Folder, step: usize, then: impl FnOnce()) -> Finished {
    let mut command = folder.command(&["deliver", "--to", &database.address()]);
    command.env("SESSIONIZE_FAULT", format!("hold:{step}"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert_eq!(line, "held\n");
    then();
    drop(child.stdin.take());
    let mut said = String::new();
    stderr.read_to_string(&mut said).unwrap();
    Finished { code: child.wait().unwrap().code(), stdout: String::new(), stderr: said }
}

#[test]
#[cfg(debug_assertions)]
fn the_server_ends_at_each_step_of_a_delivery() {
    let Some(server) = Server::start() else { return };
    let folder = history();
    let counted = with_fault(&server.database(), &folder, "count").expect_code(0);
    let names =
        counted.stderr.lines().find_map(|line| line.strip_prefix("durable steps: ")).unwrap().to_owned();
    let names: Vec<_> = names.split_once(": ").unwrap().1.split(", ").collect();
    let of_server = |name: &str| name.contains("tables") || name.contains("run") || name.contains("position");
    for step in (1..=names.len()).filter(|step| of_server(names[step - 1])) {
        fs::remove_dir_all(folder.path(OUT).join("followers")).unwrap();
        let database = server.database();
        let finished = held(&database, &folder, step, || server.crash());
        server.restart();
        assert_eq!(finished.code, Some(69), "{} at {}", finished.stderr, names[step - 1]);
        assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
        assert!(finished.stderr.contains("delivers nothing twice"), "{}", finished.stderr);
        database.deliver(&folder, &[]).expect_code(0);
        expect_delivered(&database, &folder);
    }
}

/// How often the longest test kills; `docs/trust.md` has the figures of a long run.
fn kills() -> usize {
    twin::number_from_environment("SESSIONIZE_TEST_KILLS", 12)
}

/// Starts a delivery and looks at the server until it has ended, or so many times. Says how often.
fn look_at(server: &Server, database: &Database<'_>, folder: &Folder, most: usize) -> (Child, usize) {
    let mut command = folder.command(&["deliver", "--to", &database.address()]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut client = server.client("postgres");
    let mut looks = 0;
    while looks < most && child.try_wait().unwrap().is_none() {
        client.query_one("SELECT count(*) FROM pg_stat_activity", &[]).unwrap();
        looks += 1;
    }
    (child, looks)
}

#[test]
fn the_program_and_its_server_are_killed_at_any_moment() {
    let Some(server) = Server::start() else { return };
    let folder = history();
    let (mut random, mut killed, mut whole) = (fastrand::Rng::with_seed(7), 0, 0);
    let mut database = server.database();
    // How many looks an undisturbed delivery takes: a kill comes after any number of them.
    let (mut undisturbed, most) = look_at(&server, &database, &folder, usize::MAX);
    assert!(undisturbed.wait().unwrap().success());
    while killed < kills() {
        let (mut child, _) = look_at(&server, &database, &folder, random.usize(0..=most));
        if child.try_wait().unwrap().is_none() {
            killed += 1;
            if random.bool() {
                child.kill().unwrap();
            } else {
                server.crash();
                server.restart();
            }
        }
        if child.wait().unwrap().success() {
            whole += 1;
            expect_delivered(&database, &folder);
            database = server.database();
            fs::remove_dir_all(folder.path(OUT).join("followers")).unwrap();
        }
    }
    database.deliver(&folder, &[]).expect_code(0);
    expect_delivered(&database, &folder);
    eprintln!("killed {killed} times, delivered whole {} times", whole + 1);
}

#[test]
fn the_program_and_its_server_end_in_the_middle_of_rows() {
    let Some(server) = Server::start() else { return };
    let folder = Folder::in_memory();
    let rows = (0..60_000).map(|row| format!("u{row},2020-01-01T10:{:02}:00Z\n", row % 60));
    let rows = rows.collect::<Vec<_>>().concat();
    folder.write("day.csv", format!("user,ts\n{rows}"));
    folder.sessionize(&["run", "day.csv", "--gap=5m"]).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    let database = server.database();
    for is_program in [true, false, true, false] {
        let mut child = folder.command(&["deliver", "--to", &database.address()]);
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Until rows are on their way, or everything is over.
        let mut client = server.client("postgres");
        while child.try_wait().unwrap().is_none() {
            let statement =
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND state = 'active'";
            if client.query_one(statement, &[]).unwrap().get::<_, i64>(0) > 0 {
                break;
            }
        }
        if is_program {
            child.kill().unwrap();
        } else {
            server.crash();
            server.restart();
        }
        child.wait().unwrap();
    }
    database.deliver(&folder, &[]).expect_code(0);
    expect_delivered(&database, &folder);
    assert_eq!(delivered(&database).len(), 60_000);
}

#[test]
fn several_at_once_deliver_each_run_once() {
    let Some(server) = shared() else { return };
    let folder = history();
    let database = server.database();
    let runs = delivered_by_four(&folder, &database.address());
    expect_delivered(&database, &folder);
    // Run 3 is rolled back in run 4: both are one step.
    assert_eq!(runs, 4);
}

#[test]
fn the_output_folder_is_all_that_is_needed_and_an_older_copy_of_it_is_refused() {
    let Some(server) = shared() else { return };
    let folder = history();
    let database = server.database();
    let elsewhere = Folder::in_memory();
    copy(&folder.path(OUT), &elsewhere.path("older"));
    database.deliver(&elsewhere, &["--out=older"]).expect_code(0);
    expect_delivered(&database, &folder);
    run_day(&folder, 5);
    copy(&folder.path(OUT), &elsewhere.path("newer"));
    database.deliver(&elsewhere, &["--out=newer"]).expect_code(0);
    expect_delivered(&database, &folder);
    let refused = database.deliver(&elsewhere, &["--out=older"]).expect_code(69);
    assert!(
        refused.stderr.contains("the target is at run 6, but this output folder only at run 5"),
        "{}",
        refused.stderr
    );
    expect_delivered(&database, &folder);
}

#[test]
fn a_folder_that_went_on_otherwise_is_refused() {
    let Some(server) = shared() else { return };
    let folder = history();
    let other = Folder::in_memory();
    copy(&folder.path(""), &other.path(""));
    run_day(&folder, 5);
    other.write("day-5.csv", "user,ts\nx,2020-01-05T00:00:00Z\n");
    other.sessionize(&["run", "day-5.csv", "--gap=5m", "--allowed-lateness=2d"]).expect_code(0);
    let database = server.database();
    database.deliver(&folder, &[]).expect_code(0);
    let refused = database.deliver(&other, &[]).expect_code(69);
    assert!(refused.stderr.contains("run 6 of the target is another one"), "{}", refused.stderr);
    expect_delivered(&database, &folder);
}

#[test]
fn damaged_and_missing_outputs_are_not_delivered() {
    let Some(server) = shared() else { return };
    let folder = history();
    let database = server.database();
    let last = folder.path(OUT).join("sessions/run-00000005.csv");
    let content = fs::read(&last).unwrap();
    for damage in [Some([&content[..], b"x"].concat()), Some(vec![b'x'; content.len()]), None] {
        fs::remove_file(&last).unwrap();
        if let Some(damage) = &damage {
            fs::write(&last, damage).unwrap();
        }
        let refused = database.deliver(&folder, &[]).expect_code(74);
        let line = refused.stderr.trim_end();
        let what = match &damage {
            None => "it is gone",
            Some(damage) if damage.len() > content.len() => "bytes, its manifest says",
            Some(_) => "its digest is not that of its manifest",
        };
        assert!(line.contains("run-00000005.csv: this output cannot be delivered: "), "{line}");
        assert!(
            line.contains(what) && line.contains("put back the file as its run has published it"),
            "{line}"
        );
        assert_eq!(line.lines().count(), 1, "{line}");
        fs::write(&last, &content).unwrap();
    }
    database.deliver(&folder, &[]).expect_code(0);
    expect_delivered(&database, &folder);
}

#[test]
fn two_streams_have_one_table_and_a_name_has_one_stream() {
    let Some(server) = shared() else { return };
    let (one, other) = (history(), history());
    let database = server.database();
    database.deliver(&one, &["--name=one"]).expect_code(0);
    let refused = database.deliver(&other, &["--name=one"]).expect_code(69);
    assert!(refused.stderr.contains("the follower one delivers another stream"), "{}", refused.stderr);
    let refused = database.deliver(&one, &["--name=again"]).expect_code(69);
    assert!(
        refused.stderr.contains("the follower one delivers this stream to these tables already"),
        "{}",
        refused.stderr
    );
    database.deliver(&other, &["--name=other"]).expect_code(0);
    other.sessionize(&["rollback", "--to-run", "1"]).expect_code(0);
    database.deliver(&other, &["--name=other"]).expect_code(0);
    // Both streams have the same keys and times, so the same ids.
    let statement = "SELECT sessionize_stream::text, count(*) FROM sessions GROUP BY 1";
    let rows = database.client().query(statement, &[]).unwrap();
    let counts: BTreeMap<String, i64> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let expected = [&one, &other].map(|folder| {
        let count = i64::try_from(published(&folder.path(OUT)).len()).unwrap();
        (crate::support::stream_of(folder, OUT, 1), count)
    });
    let expected: BTreeMap<_, _> = expected.into_iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(counts, expected);
}

#[test]
fn a_name_is_not_shared_by_two_targets() {
    let Some(server) = shared() else { return };
    let folder = history();
    let (one, other) = (server.database(), server.database());
    one.deliver(&folder, &[]).expect_code(0);
    // A new target takes the name over; what has rows already does not get it back unasked.
    other.deliver(&folder, &[]).expect_code(0);
    let refused = one.deliver(&folder, &[]).expect_code(69);
    assert!(
        refused.stderr.contains("delivers to another target") && refused.stderr.contains("--forget"),
        "{}",
        refused.stderr
    );
    folder.sessionize(&["deliver", "--forget", "postgres"]).expect_code(0);
    one.deliver(&folder, &[]).expect_code(0);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let copied = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(copied.success());
}
