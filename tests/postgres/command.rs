//! The command: what it shows, what it forgets, and deliveries behind runs.

use crate::published::expect_delivered;
use crate::server::shared;
use crate::support::{Finished, Folder};
use std::path::Path;
use std::process::Command;

fn two_days() -> Folder {
    let folder = Folder::in_memory();
    for day in 1..=2 {
        let name = format!("day-{day}.csv");
        folder.write(&name, format!("user,ts\nann,2020-01-0{day}T00:00:00Z\nbob,2020-01-0{day}T01:00:00Z\n"));
    }
    folder
}

#[test]
fn the_status_says_how_far_each_follower_is_behind() {
    let Some(server) = shared() else { return };
    let folder = two_days();
    let database = server.database();
    folder.sessionize(&["run", "day-1.csv"]).expect_code(0);
    let none = folder.sessionize(&["deliver", "--status", "--report=json"]).expect_code(0).json();
    assert_eq!((&none["run"], &none["followers"]), (&1.into(), &serde_json::json!([])));
    database.deliver(&folder, &["--name=warehouse"]).expect_code(0);
    folder.sessionize(&["run", "day-2.csv"]).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    let status = folder.sessionize(&["deliver", "--status", "--report=json"]).expect_code(0).json();
    let follower = &status["followers"][0];
    // Run 2 completes the last session of the first day, and the first of the second; the finalize the other.
    let (run, runs_behind, rows_behind) =
        (&follower["run"], &follower["runs_behind"], &follower["rows_behind"]);
    assert_eq!((run, runs_behind, rows_behind), (&1.into(), &2.into(), &3.into()), "{status}");
    let text = folder.sessionize(&["deliver", "--status"]).expect_code(0).stdout;
    assert!(text.contains("warehouse"), "{text}");
    folder.sessionize(&["deliver", "--forget=warehouse"]).expect_code(0);
    let again = folder.sessionize(&["deliver", "--forget=warehouse"]).expect_code(2);
    assert!(again.stderr.contains("there is no follower warehouse here"), "{}", again.stderr);
    let status = folder.sessionize(&["deliver", "--status", "--report=json"]).expect_code(0).json();
    assert_eq!(status["followers"], serde_json::json!([]));
}

/// The block below "PostgreSQL" in `docs/delivery.md`, with another address and another file of passwords.
#[test]
fn the_lines_of_the_page_deliver() {
    let Some(server) = shared() else { return };
    let (folder, database) = (Folder::in_memory(), server.database());
    folder.write("logs/day-1.csv", "user,ts\nann,2020-01-01T00:00:00Z\nbob,2020-01-01T01:00:00Z\n");
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/delivery.md")).unwrap();
    let section = page.split_once("\n## PostgreSQL\n").unwrap().1;
    let lines = section.split_once("```sh\n").unwrap().1.split_once("```").unwrap().0;
    let address = "postgres://loader@db.example.com/shop";
    assert_eq!(lines.matches(address).count(), 2);
    let lines = lines.replace(address, &format!("'{}'", database.address()));
    let program = folder.command(&[]).get_program().to_owned();
    let programs = Path::new(&program).parent().unwrap().display().to_string();
    let mut shell = Command::new("sh");
    shell.args(["-ec", &lines]).current_dir(folder.path(""));
    shell.env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap_or_default()));
    let said = Finished::of(shell, b"").expect_code(0).stdout;
    expect_delivered(&database, &folder);
    assert!(said.contains("2020-01-01 00:00:00+00"), "{said}");
}

#[test]
fn a_run_delivers_what_it_has_published_and_stays_if_that_fails() {
    let Some(server) = shared() else { return };
    let folder = two_days();
    let database = server.database();
    let untargeted = folder.sessionize(&["run", "day-1.csv", "--deliver"]).expect_code(2);
    assert!(untargeted.stderr.contains("run --deliver has no target"), "{}", untargeted.stderr);
    assert!(folder.files("sessionize-out").is_empty());
    folder.write(
        "sessionize.toml",
        format!("[run]\ndeliver = true\n[deliver]\nto = \"{}\"\nname = \"web\"\n", database.address()),
    );
    folder.sessionize(&["run", "day-1.csv"]).expect_code(0);
    expect_delivered(&database, &folder);
    let gone = "[run]\ndeliver = true\n[deliver]\nto = \"postgres://loader@127.0.0.1:1/d\"\nname = \"web\"\n";
    folder.write("sessionize.toml", gone);
    let failed = folder.sessionize(&["run", "day-2.csv"]).expect_code(69);
    assert!(failed.stderr.contains("run 2 is committed"), "{}", failed.stderr);
    folder.sessionize(&["verify"]).expect_code(0);
    folder.sessionize(&["run", "day-2.csv", "--no-deliver"]).expect_code(0);
    database.deliver(&folder, &["--name=web"]).expect_code(0);
    expect_delivered(&database, &folder);
}
