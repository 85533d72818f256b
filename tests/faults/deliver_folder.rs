//! Delivery into a folder: whatever ends it, and whoever else is at work, readers find what the active runs have published.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

use crate::support::delivered::{contents_of, current_files, delivered_by_four, expect_delivered, unnamed};
use crate::support::twin::copy_files;
use crate::support::{Finished, Folder, OUT};
use std::fs;

const RULES: &[&str] = &["--gap=5m", "--allowed-lateness=2d"];

/// Three days with corrections, and a rollback among them.
fn history() -> Folder {
    let folder = Folder::in_memory();
    for day in 1..=3 {
        run_day(&folder, day, RULES);
        if day == 2 {
            folder.sessionize(&["rollback", "--to-run", "1"]).expect_code(0);
        }
    }
    folder
}

fn run_day(folder: &Folder, day: u32, rules: &[&str]) {
    let rows = (0..30).map(|minute| {
        let day = day - minute % 2 * u32::from(day > 1);
        format!("u{},2020-01-{day:02}T10:{minute:02}:00Z\n", minute % 7)
    });
    let name = format!("day-{day}.csv");
    folder.write(&name, format!("user,ts\n{}", rows.collect::<Vec<_>>().concat()));
    folder.sessionize(&[&["run", &name], rules].concat()).expect_code(0);
}

fn deliver(folder: &Folder, flags: &[&str]) -> Finished {
    folder.sessionize(&[&["deliver", "--to", "./lake"], flags].concat())
}

#[track_caller]
fn expect_lake(folder: &Folder) {
    expect_delivered(&contents_of(&folder.path("lake")), &[folder]);
}

#[cfg(debug_assertions)]
fn with_fault(folder: &Folder, fault: &str) -> Finished {
    let mut command = folder.command(&["deliver", "--to", "./lake"]);
    command.env("SESSIONIZE_FAULT", fault);
    Finished::of(command, b"")
}

#[test]
#[cfg(debug_assertions)]
fn the_program_ends_at_each_of_its_steps() {
    let folder = history();
    let counted = with_fault(&folder, "count").expect_code(0);
    let line = counted.stderr.lines().find_map(|line| line.strip_prefix("durable steps: ")).unwrap();
    let (steps, names) = line.split_once(": ").unwrap();
    for name in
        ["look at the target", "send a file", "put the manifest", "link", "the run is delivered", "rename"]
    {
        assert!(names.contains(name), "{names}");
    }
    for step in 1..=steps.parse::<usize>().unwrap() {
        // The kills of the other test are at any step too.
        let fault = if step % 2 == 0 { "fail" } else { "abort" };
        fs::remove_dir_all(folder.path(OUT).join("followers")).unwrap();
        fs::remove_dir_all(folder.path("lake")).unwrap();
        let ended = with_fault(&folder, &format!("{fault}:{step}"));
        assert!(fault == "fail" || ended.code != Some(0), "{fault} at step {step}");
        deliver(&folder, &[]).expect_code(0);
        expect_lake(&folder);
        assert_eq!(unnamed(&contents_of(&folder.path("lake"))), [""; 0], "{fault} at step {step}");
    }
}

#[test]
fn several_at_once_deliver_each_run_once() {
    let folder = history();
    let runs = delivered_by_four(&folder, "./lake");
    expect_lake(&folder);
    // Run 2 is rolled back in run 3: both are one step.
    assert_eq!(runs, 3);
    deliver(&folder, &["--clean"]).expect_code(0);
    assert_eq!(unnamed(&contents_of(&folder.path("lake"))), [""; 0]);
}

#[test]
fn whole_runs_arrive_in_every_format_by_day_with_their_events_and_after_rollbacks() {
    let mut forms = vec!["--output-format=csv", "--output-format=jsonl", "--output-compression=gzip"];
    forms.extend(cfg!(feature = "parquet").then_some("--output-format=parquet"));
    for form in forms {
        for flags in
            [&["--gap=5m", "--emit=both", "--late=drop", "--max-late=100%", "--partition-by=date"][..], RULES]
        {
            let folder = Folder::in_memory();
            let rules = [flags, &[form]].concat();
            run_day(&folder, 1, &rules);
            run_day(&folder, 2, &rules);
            deliver(&folder, &[]).expect_code(0);
            expect_lake(&folder);
            folder.sessionize(&["rollback", "--to-run", "1"]).expect_code(0);
            run_day(&folder, 3, &rules);
            deliver(&folder, &[]).expect_code(0);
            expect_lake(&folder);
            folder.sessionize(&["finalize"]).expect_code(0);
            deliver(&folder, &[]).expect_code(0);
            expect_lake(&folder);
        }
    }
}

#[test]
fn what_is_delivered_may_be_pruned_and_what_is_not_yet_is_kept() {
    let folder = Folder::in_memory();
    let prune = ["prune", "--older-than=30d", "--now=2020-06-30"];
    let rules = ["--gap=5m", "--late=drop", "--max-late=100%", "--now=2020-01-06", "--keep-generations=1"];
    for day in 1..=2 {
        run_day(&folder, day, &rules);
    }
    deliver(&folder, &[]).expect_code(0);
    run_day(&folder, 3, &rules);
    let before = folder.files(&format!("{OUT}/sessions"));
    // The run at which the follower is stays, for its head.
    let pruned = folder.sessionize(&[&prune[..], &["--report=json"]].concat()).expect_code(0).json();
    assert_eq!(
        (&pruned["pruned_through"], &pruned["limited_by"]),
        (&1.into(), &"followers".into()),
        "{pruned}"
    );
    deliver(&folder, &[]).expect_code(0);
    // The target has what the folder had before.
    let contents = contents_of(&folder.path("lake"));
    let mut delivered: Vec<_> = current_files(&contents)
        .iter()
        .map(|file| contents[file["path"].as_str().unwrap()].clone())
        .collect();
    let mut published: Vec<_> = before.into_values().collect();
    delivered.sort();
    published.sort();
    assert!(delivered == published);
    folder.sessionize(&prune).expect_code(0);
    run_day(&folder, 4, &rules);
    deliver(&folder, &[]).expect_code(0);
    // Another target can no longer get what is gone.
    let late = folder.sessionize(&["deliver", "--to", "./other", "--name=other"]).expect_code(69);
    assert!(late.stderr.contains("were pruned here, and the target is only at run 0"), "{}", late.stderr);
}

#[test]
fn a_new_target_begins_behind_pruned_runs_only_if_it_is_told_to_and_says_what_it_lacks() {
    let folder = Folder::in_memory();
    let rules = [RULES, &["--keep-generations=1"]].concat();
    for day in 1..=4 {
        run_day(&folder, day, &rules);
    }
    let prune = ["prune", "--older-than=1d", "--now=2030-01-01", "--unfollowed", "--report=json"];
    let through = folder.sessionize(&prune).expect_code(0).json()["pruned_through"].as_u64().unwrap();
    assert_eq!(through, 3);
    let refused = deliver(&folder, &[]).expect_code(69).stderr;
    assert!(
        refused.contains("the runs up to run 3 were pruned here, and the target is only at run 0"),
        "{refused}"
    );
    assert!(refused.contains("begin a new target without them: --start-after 3"), "{refused}");
    for (run, code, why) in [
        ("2", 2, "cannot begin after run 2, which is not here"),
        ("9", 2, "cannot begin after run 9, which is not here"),
        ("4", 2, "nothing is published behind run 4, so a target cannot begin there yet"),
    ] {
        let refused = deliver(&folder, &["--start-after", run]).expect_code(code).stderr;
        assert!(
            refused.contains(why) && refused.lines().last().is_some_and(|line| line.contains(why)),
            "{refused}"
        );
    }
    let begun = deliver(&folder, &["--start-after", "3", "--report=json"]).expect_code(0);
    assert!(
        begun
            .stderr
            .contains("begins after run 3: it lacks what this run and those before it have published"),
        "{}",
        begun.stderr
    );
    assert_eq!((&begun.json()["run"], &begun.json()["runs_delivered"]), (&4.into(), &1.into()));
    // What is left in the folder is all that there is, and the flag does no harm any more.
    expect_lake(&folder);
    run_day(&folder, 5, &rules);
    let again = deliver(&folder, &["--start-after", "3"]).expect_code(0);
    assert_eq!(again.stderr, "");
    expect_lake(&folder);
}

#[test]
fn an_older_copy_of_the_target_is_refilled_and_one_of_the_outputs_refused() {
    let folder = history();
    deliver(&folder, &[]).expect_code(0);
    copy_files(&folder.path("lake"), &folder.path("older-lake"));
    copy_files(&folder.path(OUT), &folder.path("older"));
    run_day(&folder, 4, RULES);
    deliver(&folder, &[]).expect_code(0);
    let refused = deliver(&folder, &["--out=older"]).expect_code(69);
    assert!(refused.stderr.contains("but this output folder only at run"), "{}", refused.stderr);
    expect_lake(&folder);
    fs::remove_dir_all(folder.path("lake")).unwrap();
    fs::rename(folder.path("older-lake"), folder.path("lake")).unwrap();
    deliver(&folder, &[]).expect_code(0);
    expect_lake(&folder);
}

#[test]
fn another_machine_goes_on_and_another_history_is_refused() {
    let folder = history();
    let other = Folder::in_memory();
    copy_files(&folder.path(""), &other.path(""));
    run_day(&folder, 4, RULES);
    deliver(&folder, &[]).expect_code(0);
    let elsewhere = Folder::in_memory();
    run_day(&folder, 5, RULES);
    copy_files(&folder.path(OUT), &elsewhere.path("copy"));
    let to = format!("file://{}", folder.path("lake").display());
    elsewhere.sessionize(&["deliver", "--out=copy", "--to", &to]).expect_code(0);
    expect_lake(&folder);
    other.write("day-4.csv", "user,ts\nx,2020-01-05T00:00:00Z\n");
    other.sessionize(&[&["run", "day-4.csv"], RULES].concat()).expect_code(0);
    run_day(&other, 5, RULES);
    let refused = other.sessionize(&["deliver", "--to", &to]).expect_code(69);
    assert!(refused.stderr.contains("of the target is another one"), "{}", refused.stderr);
    expect_lake(&folder);
}

#[test]
fn two_streams_have_one_target_and_a_name_has_one_target() {
    let (one, other) = (history(), history());
    let to = one.path("lake").display().to_string();
    deliver(&one, &[]).expect_code(0);
    other.sessionize(&["deliver", "--to", &to]).expect_code(0);
    other.sessionize(&["rollback", "--to-run", "1"]).expect_code(0);
    other.sessionize(&["deliver", "--to", &to]).expect_code(0);
    expect_delivered(&contents_of(&one.path("lake")), &[&one, &other]);
    other.sessionize(&["deliver", "--to", "./own", "--name=own"]).expect_code(0);
    let refused = other.sessionize(&["deliver", "--to", "./own"]).expect_code(69);
    assert!(refused.stderr.contains("delivers to another target"), "{}", refused.stderr);
}

#[test]
fn damaged_and_missing_outputs_are_not_delivered() {
    let folder = history();
    let last = folder.path(OUT).join("sessions/run-00000004.csv");
    let content = fs::read(&last).unwrap();
    for damage in [Some([&content[..], b"x"].concat()), Some(vec![b'x'; content.len()]), None] {
        fs::remove_file(&last).unwrap();
        if let Some(damage) = &damage {
            fs::write(&last, damage).unwrap();
        }
        let refused = deliver(&folder, &[]).expect_code(74);
        assert!(refused.stderr.contains("run-00000004.csv"), "{}", refused.stderr);
        fs::write(&last, &content).unwrap();
    }
    deliver(&folder, &[]).expect_code(0);
    expect_lake(&folder);
}

#[test]
fn the_command_shows_cleans_forgets_and_delivers_behind_runs() {
    let folder = Folder::in_memory();
    folder.write("sessionize.toml", "[run]\ndeliver = true\n[deliver]\nto = \"./lake\"\nname = \"lake\"\n");
    run_day(&folder, 1, RULES);
    run_day(&folder, 2, &["--gap=5m", "--allowed-lateness=2d", "--no-deliver"]);
    let status = folder.sessionize(&["deliver", "--status", "--report=json"]).expect_code(0).json();
    let follower = &status["followers"][0];
    assert_eq!(
        (&follower["name"], &follower["run"], &follower["runs_behind"]),
        (&"lake".into(), &1.into(), &1.into())
    );
    folder.sessionize(&["deliver"]).expect_code(0);
    expect_lake(&folder);
    // What a delivery has left that ended early.
    let contents = contents_of(&folder.path("lake"));
    let data = contents.keys().find(|name| name.starts_with("runs/")).unwrap();
    let (attempt, _) = data.split_once("/sessions/").unwrap();
    let left = format!("lake/{}-left/sessions/x.csv", attempt.rsplit_once('-').unwrap().0.get(..52).unwrap());
    folder.write(&left, "x");
    let cleaned = folder.sessionize(&["deliver", "--clean", "--report=json"]).expect_code(0).json();
    assert_eq!(cleaned["files_removed"], 1, "{left}");
    assert!(folder.sessionize(&["deliver", "--clean"]).expect_code(0).stdout.contains("nothing to remove"));
    expect_lake(&folder);
    folder.sessionize(&["deliver", "--forget=lake"]).expect_code(0);
    expect_lake(&folder);
}

#[test]
fn what_can_be_no_target_is_refused_in_one_line() {
    let folder = history();
    folder.write("file", "");
    for (to, code, what) in [
        ("./sessionize-out", 2, "this is the output folder of a checkpoint"),
        ("./file", 69, "file"),
        ("file://lake", 2, "this URL is no path of this machine"),
        ("lake", 2, "there is no target of this kind"),
        ("hdfs://lake/x", 2, "there is no target of this kind"),
        ("https://example.org/lake", 2, "there is no target of this kind"),
    ] {
        let refused = folder.sessionize(&["deliver", "--to", to]).expect_code(code);
        assert!(refused.stderr.contains(what), "{to}: {}", refused.stderr);
        assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
    }
    if cfg!(not(feature = "cloud")) {
        let refused = folder.sessionize(&["deliver", "--to", "s3://lake/x"]).expect_code(2);
        assert!(refused.stderr.contains("--features cloud"), "{}", refused.stderr);
    }
}
