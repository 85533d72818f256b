//! Years of use: what is pruned is not missed by whoever has it, and stays for whoever does not.

use crate::published::{delivered, expect_delivered, published};
use crate::server::shared;
use crate::support::{Folder, OUT, twin};
use std::fs::read_dir;
use std::path::Path;

/// The run of a month, which corrects a session of the month before.
fn run_month(folder: &Folder, month: u32, flags: &[&str]) {
    let late = month.saturating_sub(1).max(1);
    let name = format!("{month}.csv");
    folder.write(
        &name,
        format!(
            "user,ts\nann,2020-{month:02}-01T10:00:00Z\nbob,2020-{month:02}-01T23:00:00Z\nann,2020-{late:02}-01T10:0{month}:00Z\n"
        ),
    );
    let now = format!("--now=2020-{month:02}-02");
    let run = ["run", &name, &now, "--gap=30m", "--allowed-lateness=40d"];
    folder.sessionize(&[&run, flags].concat()).expect_code(0);
}

/// Prunes years later, and returns up to which run.
fn prune(folder: &Folder) -> u64 {
    let prune = ["prune", "--older-than=1d", "--now=2030-01-01", "--report=json"];
    folder.sessionize(&prune).expect_code(0).json()["pruned_through"].as_u64().unwrap()
}

/// A copy from which nothing is pruned: what is published there is what was published here.
fn unpruned(folder: &Folder) -> Folder {
    let copy = Folder::in_memory();
    twin::copy_files(&folder.path(""), &copy.path(""));
    copy
}

/// The names of the outputs of sessions in folders of days.
fn outputs_of_days(folder: &Folder) -> Vec<String> {
    let entries =
        |path: &Path| read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let days = entries(&folder.path(OUT).join("sessions"));
    let names = days.iter().flat_map(|day| entries(day)).map(|file| file.file_name().unwrap().to_owned());
    names.map(|name| name.into_string().unwrap()).collect()
}

#[test]
fn a_target_at_the_summary_of_pruned_runs_goes_on_and_an_older_one_is_told_what_it_lacks() {
    let Some(server) = shared() else { return };
    let (folder, database) = (Folder::in_memory(), server.database());
    let flags = ["--keep-generations=1"];
    let mut copies = Vec::new();
    for month in 1..=5 {
        run_month(&folder, month, &flags);
        copies.push(database.copy());
        database.deliver(&folder, &[]).expect_code(0);
    }
    let whole = unpruned(&folder);
    assert_eq!(prune(&folder), 4);
    for each in [&folder, &whole] {
        run_month(each, 6, &flags);
    }
    database.deliver(&folder, &[]).expect_code(0);
    expect_delivered(&database, &whole);
    // Copies of the target: at run 4, for which the summary stands, and at run 3.
    let [_, _, _, at_three, at_four] = copies.as_slice() else { unreachable!() };
    at_four.deliver(&folder, &[]).expect_code(0);
    expect_delivered(at_four, &whole);
    let refused = at_three.deliver(&folder, &[]).expect_code(69);
    let line = refused.stderr.trim_end();
    assert!(
        line.contains("the runs up to run 4 were pruned here, and the target is only at run 3"),
        "{line}"
    );
    assert_eq!(line.lines().count(), 1, "{line}");
    // As the message says: from a copy of the folder that still has them, then from here.
    at_three.deliver(&whole, &[]).expect_code(0);
    at_three.deliver(&folder, &[]).expect_code(0);
    expect_delivered(at_three, &whole);
}

#[test]
fn a_new_target_has_what_is_not_pruned_if_it_is_told_to_begin_there() {
    let Some(server) = shared() else { return };
    let (folder, database) = (Folder::in_memory(), server.database());
    let flags = ["--keep-generations=1"];
    for month in 1..=4 {
        run_month(&folder, month, &flags);
    }
    let lacking = published(&folder.path(OUT));
    run_month(&folder, 5, &flags);
    let whole = unpruned(&folder);
    folder.sessionize(&["prune", "--older-than=1d", "--now=2030-01-01", "--unfollowed"]).expect_code(0);
    let refused = database.deliver(&folder, &[]).expect_code(69).stderr;
    assert!(refused.contains("begin a new target without them: --start-after 4"), "{refused}");
    // Run 5 retracts a session that the target lacks, and run 6 one that it has.
    for month in [5, 6, 7] {
        if month > 5 {
            run_month(&folder, month, &flags);
            run_month(&whole, month, &flags);
        }
        let said = database.deliver(&folder, &["--start-after=4"]).expect_code(0).stderr;
        assert_eq!(
            said.contains("begins after run 4: it lacks what this run and those before it have published"),
            month == 5
        );
        let mut expected = published(&whole.path(OUT));
        expected.retain(|id, session| lacking.get(id) != Some(session));
        assert_eq!(delivered(&database), expected);
    }
}

#[test]
fn what_a_follower_that_is_behind_needs_is_not_pruned() {
    let Some(server) = shared() else { return };
    let (folder, fast, slow) = (Folder::in_memory(), server.database(), server.database());
    for month in 1..=5 {
        run_month(&folder, month, &["--keep-generations=1"]);
        fast.deliver(&folder, &["--name=fast"]).expect_code(0);
        if month <= 2 {
            slow.deliver(&folder, &["--name=slow"]).expect_code(0);
        }
    }
    let whole = unpruned(&folder);
    assert_eq!(prune(&folder), 1, "the slow one goes on from the manifest of run 2");
    slow.deliver(&folder, &["--name=slow"]).expect_code(0);
    assert_eq!(prune(&folder), 4);
    for database in [&fast, &slow] {
        expect_delivered(database, &whole);
    }
}

#[test]
fn a_rollback_after_a_prune_arrives() {
    let Some(server) = shared() else { return };
    let (folder, database, late) = (Folder::in_memory(), server.database(), server.database());
    for month in 1..=6 {
        run_month(&folder, month, &["--keep-generations=3"]);
        late.deliver(&folder, &["--name=late"]).expect_code(0);
        if month < 6 {
            database.deliver(&folder, &[]).expect_code(0);
        }
    }
    let whole = unpruned(&folder);
    let through = prune(&folder);
    assert!((1..5).contains(&through), "{through}");
    let to = format!("--to-run={}", through.max(4));
    for each in [&folder, &whole] {
        each.sessionize(&["rollback", &to, "--now=2020-06-03"]).expect_code(0);
    }
    // One target has runs that are taken back, the other lacks the last of them.
    for (database, name) in [(&database, "--name=postgres"), (&late, "--name=late")] {
        database.deliver(&folder, &[name]).expect_code(0);
        expect_delivered(database, &whole);
    }
    prune(&folder);
    for each in [&folder, &whole] {
        run_month(each, 7, &["--keep-generations=3"]);
    }
    database.deliver(&folder, &[]).expect_code(0);
    expect_delivered(&database, &whole);
}

#[test]
fn outputs_in_folders_of_days_arrive_and_are_pruned() {
    let Some(server) = shared() else { return };
    let (folder, database) = (Folder::in_memory(), server.database());
    let flags = ["--partition-by=date", "--keep-generations=1"];
    for month in 1..=4 {
        run_month(&folder, month, &flags);
        if month == 2 {
            folder.sessionize(&["rollback", "--to-run=0", "--now=2020-02-03"]).expect_code(0);
        }
        database.deliver(&folder, &[]).expect_code(0);
        expect_delivered(&database, &folder);
    }
    let before = published(&folder.path(OUT));
    let through = prune(&folder);
    assert!(through >= 3);
    let left = outputs_of_days(&folder);
    assert!(!left.is_empty());
    for name in left {
        assert!(name > format!("run-{through:08}.csv"), "{name} was to be pruned");
    }
    database.deliver(&folder, &[]).expect_code(0);
    assert_eq!(delivered(&database), before);
}
