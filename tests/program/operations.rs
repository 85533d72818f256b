//! The runbook: it has every sentence with which the program says that something is wrong, and each of its blocks of commands
//! is carried out as written, by a shell, after the trouble that it is for was brought about through the program.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "breaks files")]

#[path = "../support/sentences.rs"]
mod sentences;

use crate::support::{Finished, Folder, OUT, STATE, output_name};
use std::fs;
use std::path::Path;
use std::process::Command;

const DAY: &str = "ann,2020-01-01 10:00:00\nbob,2020-01-01 11:00:00\n";
const DAY_2: &str = "ann,2020-01-02 10:00:00\nbob,2020-01-02 11:00:00\n";

fn runbook() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md")).unwrap()
}

#[test]
fn every_sentence_of_error_is_in_the_runbook() {
    // On one line each: somebody will look for it with grep.
    let text = runbook();
    let sentences = sentences::all();
    assert!(sentences.len() > 150, "the sentences were not found: {}", sentences.len());
    let is_there = |sentence: &str| {
        let sentence = sentence.trim_matches(['…', ' ', ';', ':']);
        // A long account of what was found may be cut there.
        let head = sentence.split_once(": …").map(|(head, _)| format!("{head}: …"));
        text.contains(sentence) || head.is_some_and(|head| text.contains(&head))
    };
    let missing: Vec<_> = sentences.iter().filter(|(sentence, _)| !is_there(sentence)).collect();
    assert!(missing.is_empty(), "docs/operations.md has no entry for {missing:#?}");
}

#[test]
fn every_exit_code_has_a_section() {
    let text = runbook();
    let help = Folder::new().sessionize(&["--help"]).stdout;
    let codes = help.split("Exit codes:").nth(1).unwrap().lines().map(str::trim);
    let codes: Vec<&str> = codes.filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(codes.len(), 12, "{codes:?}");
    for code in codes.iter().filter(|code| **code != "0") {
        assert!(text.contains(&format!("\n## Exit code {code}: ")), "{code}");
        assert!(text.contains(&format!("\n| {code} | [")), "{code} in the table");
    }
}

/// The headings that have a block of commands, each with its block.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    let mut heading = String::new();
    while let Some(line) = lines.next() {
        if line.starts_with('#') {
            line.trim_start_matches(['#', ' ']).clone_into(&mut heading);
        }
        if line == "```sh" {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push((heading.clone(), block.join("\n")));
        }
    }
    found
}

/// Carries out a block as a person at a terminal would; the first command that fails ends it.
#[track_caller]
fn carry_out(folder: &Folder, block: &str) {
    let program = folder.command(&[]);
    let programs = Path::new(program.get_program()).parent().unwrap().display().to_string();
    let mut shell = Command::new("sh");
    shell.args(["-euc", block]).current_dir(folder.path("")).env_remove("RUST_LOG");
    shell.env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap()));
    Finished::of(shell, b"").expect_code(0);
}

/// A folder in which `day.csv` is taken in, and `day-2.csv` may come.
fn after_a_day() -> Folder {
    let folder = Folder::in_memory();
    folder.write("day.csv", DAY);
    folder.write("day-2.csv", DAY_2);
    folder.sessionize(&["run", "--batch", "day.csv"]).expect_code(0);
    folder
}

/// A folder in which both are taken in.
fn after_two_days() -> Folder {
    let folder = after_a_day();
    folder.sessionize(&["run", "--batch", "day-2.csv"]).expect_code(0);
    folder
}

/// The same with hashed keys.
fn after_a_day_of_hashed_keys() -> Folder {
    let folder = with(&[("day.csv", DAY), ("day-2.csv", DAY_2), ("secret", "a secret of some length")]);
    folder.sessionize(&["run", "--batch", "day.csv", "--hash-key", "file:secret"]).expect_code(0);
    folder
}

/// A folder in which nothing was done yet.
fn with(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::in_memory();
    for (name, content) in files {
        folder.write(name, content);
    }
    folder
}

/// Causes the problem of a heading: the folder in which the program has reported it.
fn trouble(heading: &str) -> Folder {
    let reported = |folder: Folder, arguments: &[&str], code: i32| {
        let finished = folder.sessionize(arguments).expect_code(code);
        assert!(finished.stderr.starts_with("sessionize: "), "{}", finished.stderr);
        expect_sentence(heading, &finished.stderr);
        folder
    };
    let run = ["run", "--batch", "day.csv"];
    let run_2 = ["run", "--batch", "day-2.csv"];
    match heading {
        "Every day" => with(&[("day.csv", DAY)]),
        "`there is no checkpoint here`" => {
            reported(after_a_day(), &["inspect", "--state", "typo", "--out", "typo-out"], 1)
        }
        "`this name is taken, but the output of this run is written here`" => {
            let folder = after_a_day();
            folder.write(&output_name("sessions", 2), "somebody's");
            reported(folder, &run_2, 1)
        }
        "`this is a broken link`" => {
            let folder = with(&[("day.csv", DAY)]);
            std::os::unix::fs::symlink("elsewhere", folder.path(OUT)).unwrap();
            reported(folder, &run, 1)
        }
        "`the lock of the checkpoint is not a file`" => {
            let folder = after_a_day();
            fs::remove_file(folder.path(STATE).join("lock")).unwrap();
            std::os::unix::fs::symlink("../day.csv", folder.path(STATE).join("lock")).unwrap();
            reported(folder, &run_2, 1)
        }
        "`the open state after run … is no longer kept`" => {
            let folder = after_two_days();
            for day in 3..6 {
                let name = format!("day-{day}.csv");
                folder.write(&name, DAY.replace("01-01", &format!("01-0{day}")));
                folder.sessionize(&["run", "--batch", &name, "--keep-generations=3"]).expect_code(0);
            }
            reported(folder, &["rollback", "--to-run", "1"], 1)
        }
        "`unexpected argument '…' found`" => {
            reported(with(&[("day.csv", DAY)]), &["run", "--batch", "day.csv", "--gapp", "30m"], 2)
        }
        "Mistakes in the configuration file" => {
            let folder = with(&[("sessionize.toml", "gapp = '30m'\n")]);
            folder.sessionize(&["config"]).expect_code(2);
            folder
        }
        "`this needs attention: …`" => {
            reported(dead_before_publishing(&["run", "--batch", "day-2.csv"]), &["status"], 3)
        }
        "`there is no run … to roll back to`" => {
            reported(after_two_days(), &["rollback", "--to-run", "7"], 2)
        }
        "`a backup needs a new folder, and this one already exists`" => {
            let folder = after_a_day();
            fs::create_dir(folder.path("backup-monday")).unwrap();
            reported(folder, &["backup", "backup-monday"], 2)
        }
        "`a checkpoint already exists here`" => {
            let folder = after_a_day();
            folder.sessionize(&["export-state", "saved.jsonl"]).expect_code(0);
            reported(folder, &["import-state", "saved.jsonl"], 2)
        }
        "`this output folder belongs to the exported checkpoint, which could not use it any more`" => {
            let folder = after_a_day();
            folder.sessionize(&["export-state", "saved.jsonl"]).expect_code(0);
            reported(folder, &["import-state", "saved.jsonl", "--state", "trial"], 2)
        }
        _ => trouble_with_data(heading, &reported),
    }
}

/// The same for the exit codes from 65 on.
fn trouble_with_data(heading: &str, reported: &dyn Fn(Folder, &[&str], i32) -> Folder) -> Folder {
    let run = ["run", "--batch", "day.csv"];
    match heading {
        "`… of … rows were rejected, over the limit of …; the first: …`" => {
            reported(with(&[("day.csv", &format!("{DAY}bob,soon\n"))]), &run, 65)
        }
        "`… of … rows are late, over the limit of …: they are before the watermark…`" => {
            let folder = after_a_day();
            folder.write("old.csv", "ann,2019-01-01 10:00:00\n");
            reported(folder, &["run", "--batch", "old.csv"], 65)
        }
        "`there is no column …: its columns are …`" => {
            let folder = with(&[("headed.csv", "at,page,user\n2020-01-01 10:00:00,/,ann\n")]);
            reported(folder, &["run", "--batch", "headed.csv", "--key", "usr", "--time", "at"], 65)
        }
        "`the row that begins here is longer than 64 MiB`" => {
            let rows = DAY.replace("bob", "\"bob") + DAY_2;
            let folder = with(&[("day.csv", &rows)]);
            let stderr = folder.sessionize(&run).expect_code(65).stderr;
            assert!(
                stderr.contains("day.csv:2: the quoted field that begins here has no closing quote"),
                "{stderr}"
            );
            folder
        }
        "`this row continues, but an earlier run ingested its beginning as a whole row: the file ended here then`" =>
        {
            let whole =
                "ann,2020-01-01 10:00:00,/a\nbob,2020-01-01 11:00:00,/cart\ncat,2020-01-01 12:00:00,/a\n";
            let folder = with(&[("day.csv", &whole[..whole.find("rt").unwrap()])]);
            folder.sessionize(&run).expect_code(0);
            folder.write("day.csv", whole);
            reported(folder, &run, 65)
        }
        "`the batch is longer than the … bytes that --max-bytes allows, decompressed`" => {
            let folder = with(&[]);
            folder.write("day.csv.gz", gzip(DAY));
            reported(folder, &["run", "--batch", "day.csv.gz", "--max-bytes", "10"], 65)
        }
        "`the compressed data is damaged: …`" => {
            let folder = with(&[]);
            let whole = gzip(DAY);
            folder.write("day.csv.gz", &whole[..whole.len() - 9]);
            folder.write("original/day.csv.gz", whole);
            reported(folder, &["run", "--batch", "day.csv.gz"], 65)
        }
        "`this export is not complete or not valid: …`" => {
            let folder = after_a_day();
            folder.sessionize(&["export-state", "saved.jsonl"]).expect_code(0);
            let whole = fs::read(folder.path("saved.jsonl")).unwrap();
            folder.write("saved.jsonl", &whole[..whole.len() / 2]);
            reported(folder, &["import-state", "saved.jsonl", "--state", "new-state", "--out", "new-out"], 65)
        }
        "A wrong file was ingested" => after_two_days(),
        "`cannot read the batch file: …`" => {
            reported(with(&[("day.csv", DAY)]), &["run", "--batch", "dya.csv"], 66)
        }
        _ => trouble_with_state(heading, reported),
    }
}

/// The same for the exit codes from 74 on, and what has none.
fn trouble_with_state(heading: &str, reported: &dyn Fn(Folder, &[&str], i32) -> Folder) -> Folder {
    let run_2 = ["run", "--batch", "day-2.csv"];
    match heading {
        "`…; it is unknown whether run … is committed`" => after_a_failed_commit(heading, &run_2),
        "`the checkpoint is at run …, but this output folder is at run …`" => {
            let folder = after_a_day();
            folder.sessionize(&["backup", "backup-monday"]).expect_code(0);
            fs::remove_dir_all(folder.path(OUT).join("manifests")).unwrap();
            reported(folder, &run_2, 74)
        }
        "`… of the checkpoint is damaged: …`" => {
            let folder = after_a_day();
            damage_open_state(&folder);
            reported(folder, &run_2, 74)
        }
        "`the checkpoint does not open: …`" => {
            let folder = after_a_day();
            fs::write(folder.path(STATE).join("conf"), "no configuration of a store").unwrap();
            reported(folder, &run_2, 74)
        }
        "`the output of an earlier run cannot be trusted: …`" => {
            let folder = after_a_day();
            folder.write(&format!("{OUT}/manifests/run-00000001.json"), "{");
            reported(folder, &run_2, 74)
        }
        heading if heading.starts_with("`run … is committed, but its outputs are neither published") => {
            reported(without_what_was_staged(&run_2), &["inspect"], 74)
        }
        "`verify has found damage in … places, the first: …`" => {
            let folder = after_two_days();
            folder.write(&output_name("sessions", 2), "changed by hand\n");
            reported(folder, &["verify", "-q"], 74)
        }
        "`this output folder belongs to another checkpoint`" => {
            reported(after_a_day(), &["run", "--batch", "day-2.csv", "--state", "other-state"], 74)
        }
        "`the output folder is in use by another command`" => {
            let folder = after_a_day();
            let lock = fs::File::open(folder.path(OUT)).unwrap();
            lock.lock().unwrap();
            reported(folder, &run_2, 75)
        }
        "`the checkpoint is in use by …`" => {
            let folder = after_a_day();
            let lock = fs::File::open(folder.path(STATE)).unwrap();
            lock.lock().unwrap();
            reported(folder, &run_2, 75)
        }
        "`the checkpoint has another definition: …`" => {
            reported(after_a_day(), &["run", "--batch", "day-2.csv", "--gap", "10m"], 78)
        }
        "Warnings" => {
            let folder = after_a_day();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
            fs::set_permissions(folder.path(STATE), mode).unwrap();
            let warned = folder.sessionize(&["inspect"]).expect_code(0).stderr;
            assert!(warned.contains("others may change the state folder"), "{warned}");
            folder
        }
        _ => trouble_after_years(heading, reported),
    }
}

/// The same for outputs that are no longer needed, and what is no trouble.
fn trouble_after_years(heading: &str, reported: &dyn Fn(Folder, &[&str], i32) -> Folder) -> Folder {
    match heading {
        "`… published outputs are missing, the first: …`" => {
            let folder = after_two_days();
            fs::remove_file(folder.path(&output_name("sessions", 1))).unwrap();
            reported(folder, &["verify", "-q"], 72)
        }
        "`no follower is registered, and prune would remove … outputs that nobody is known to have`" => {
            let folder = after_a_day();
            let run = ["run", "--batch", "day-2.csv", "--keep-generations=1"];
            folder.sessionize(&run).expect_code(0);
            let prune = ["prune", "--older-than=1d", "--now=2100-01-01"];
            reported(folder, &prune, 2)
        }
        "Hashed keys" => with(&[("day.csv", DAY)]),
        "Another secret" => after_a_day_of_hashed_keys(),
        "`the keys of the checkpoint are hashed with the secret …`" => {
            reported(after_a_day_of_hashed_keys(), &["run", "--batch", "day-2.csv"], 78)
        }
        "Remove a key" | "Years of use" => after_a_day(),
        _ => panic!("nobody brings about the trouble of: {heading}"),
    }
}

/// After a commit whose sync has failed.
fn after_a_failed_commit(heading: &str, run_2: &[&str]) -> Folder {
    let commit = steps_of(run_2).iter().rposition(|step| step == "commit").unwrap();
    let folder = after_a_day();
    let mut run = folder.command(run_2);
    run.env("SESSIONIZE_FAULT", format!("fail:{}", commit + 2));
    expect_sentence(heading, &Finished::of(run, b"").expect_code(71).stderr);
    folder
}

/// After a death between commit and publishing, and somebody who has removed what was staged.
fn without_what_was_staged(run_2: &[&str]) -> Folder {
    let folder = dead_before_publishing(run_2);
    fs::remove_dir_all(folder.path(OUT).join(".staging")).unwrap();
    folder
}

/// After a death between commit and publishing.
fn dead_before_publishing(run_2: &[&str]) -> Folder {
    let steps = steps_of(run_2);
    let folder = after_a_day();
    let committed = steps.iter().rposition(|step| step == "commit").unwrap();
    let publishing = committed + steps[committed..].iter().position(|step| step == "rename").unwrap();
    let mut run = folder.command(run_2);
    run.env("SESSIONIZE_FAULT", format!("abort:{}", publishing + 1));
    assert_eq!(Finished::of(run, b"").code, Some(1));
    folder
}

/// The durable steps of a second run.
fn steps_of(run_2: &[&str]) -> Vec<String> {
    let folder = after_a_day();
    let mut run = folder.command(run_2);
    run.env("SESSIONIZE_FAULT", "count");
    let steps = Finished::of(run, b"").expect_code(0).stderr;
    let steps = steps.split_once(": ").unwrap().1.split_once(": ").unwrap().1;
    steps.trim_end().split(", ").map(str::to_owned).collect()
}

/// What the program says is what the heading says, with something in the place of each `…`.
#[track_caller]
fn expect_sentence(heading: &str, said: &str) {
    let mut rest = said;
    for piece in heading.trim_matches('`').split('…') {
        let at = rest.find(piece).unwrap_or_else(|| panic!("no '{heading}' in: {said}"));
        rest = &rest[at + piece.len()..];
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Changes a byte of the open session of bob in its chunk, behind the back of the checkpoint.
fn damage_open_state(folder: &Folder) {
    let store = sled::Config::new().path(folder.path(STATE)).segment_size(1 << 20).open().unwrap();
    let has_bob = |value: &[u8]| value.windows(3).position(|bytes| bytes == b"bob");
    let (key, value) = store.iter().map(Result::unwrap).find(|(_, value)| has_bob(value).is_some()).unwrap();
    let mut damaged = value.to_vec();
    damaged[has_bob(&value).unwrap()] = b'x';
    store.insert(key, damaged).unwrap();
    store.flush().unwrap();
}

#[test]
fn every_block_of_commands_mends_what_it_is_for() {
    let text = runbook();
    let blocks = blocks(&text);
    assert!(blocks.len() > 25, "the blocks were not found: {}", blocks.len());
    for (heading, block) in &blocks {
        let folder = trouble(heading);
        carry_out(&folder, block);
        // Whatever the trouble was, what the program goes on with is sound.
        for (state, out) in [(STATE, OUT), ("new-state", "new-out")] {
            let replaced = state == STATE && folder.path("new-state").exists();
            if folder.path(state).exists() && !replaced {
                folder.sessionize(&["verify", "--state", state, "--out", out]).expect_code(0);
            }
        }
    }
}
