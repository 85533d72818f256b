//! Damage: a flipped, zeroed, cut or missing piece anywhere in the checkpoint, the manifests or what is staged, and older
//! copies put back in silence. Whatever is found: either the job comes to the outputs of an undisturbed twin, or it ends
//! with exit code 74 and says what is damaged and what to do. No output is ever a wrong one.
//!
//! `SESSIONIZE_TEST_DAMAGES` and `SESSIONIZE_TEST_SEED` make it longer, or another one.
#![cfg(debug_assertions)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::print_stdout, reason = "the figures of docs/trust.md")]
#![allow(clippy::disallowed_methods, reason = "damages files")]

use crate::support::twin::{self, execute, execute_bounded, expect_one_clear_line, finalize, run};
use crate::support::{Finished, Folder, OUT, STATE};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const BATCHES: usize = 4;

/// A folder in the middle of a job, with the commands that are still to come.
struct Place {
    name: &'static str,
    folder: Folder,
    rest: Vec<Vec<String>>,
    victims: Vec<PathBuf>,
}

fn start(runs: &[usize], rules: &[&str]) -> Folder {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, BATCHES);
    for &batch in runs {
        execute(&folder, &twin::under_rules(rules, run(&[batch]))).expect_code(0);
    }
    folder
}

fn places(rules: &[&str]) -> Vec<Place> {
    let published = start(&[0, 1], rules);
    let committed = start(&[0], rules);
    let next = twin::under_rules(rules, run(&[1]));
    let step = twin::first_step(&committed, &next, "rename");
    twin::execute_with_fault(&committed, &next, &format!("abort:{step}"));
    let half = start(&[0], rules);
    twin::execute_with_fault(&half, &next, &format!("abort:{}", step + 3));
    let rest = twin::under(rules, vec![run(&[1]), run(&[2]), finalize()]);
    [("published", published), ("committed", committed), ("half published", half)]
        .map(|(name, folder)| Place { name, victims: victims(&folder), folder, rest: rest.clone() })
        .into()
}

/// Everything that a later command rests on. Outputs that are published are not read again.
fn victims(folder: &Folder) -> Vec<PathBuf> {
    let is_victim = |path: &Path| {
        path.starts_with(STATE)
            || path.starts_with(format!("{OUT}/manifests"))
            || path.starts_with(format!("{OUT}/.staging"))
    };
    folder.files("").into_keys().filter(|path| is_victim(path)).collect()
}

/// Sessions, late rows and rejects; a damaged manifest of an older run is nobody's input.
fn outputs(files: &BTreeMap<PathBuf, Vec<u8>>) -> BTreeMap<&Path, &[u8]> {
    let is_output = |path: &Path| {
        ["sessions", "events", "late", "rejects"].iter().any(|kind| path.starts_with(format!("{OUT}/{kind}")))
    };
    files.iter().filter(|(path, _)| is_output(path)).map(|(path, content)| (&**path, &content[..])).collect()
}

fn damage(path: &Path, random: &mut fastrand::Rng) -> String {
    let mut content = fs::read(path).unwrap();
    // The log of sled is mostly a free rest: most damage goes where something is.
    let used = content.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let end = if random.u8(0..10) == 0 { content.len() } else { used };
    let at = random.usize(0..end.max(1));
    let what = match random.u8(0..8) {
        _ if content.is_empty() => "nothing: it is empty".to_owned(),
        0 => {
            fs::remove_file(path).unwrap();
            return "deleted".to_owned();
        }
        1 => {
            content.truncate(at);
            format!("cut to {at}")
        }
        2 => {
            let length = random.usize(1..=512).min(content.len() - at);
            content[at..at + length].fill(0);
            format!("{length} bytes zeroed at {at}")
        }
        3 => {
            let length = random.usize(1..=64).min(content.len() - at);
            random.fill(&mut content[at..at + length]);
            format!("{length} random bytes at {at}")
        }
        _ => {
            content[at] ^= 1 << random.u8(0..8);
            format!("a bit flipped at {at}")
        }
    };
    fs::write(path, content).unwrap();
    what
}

/// Looks at the checkpoint, which must be as one of `inspected` says, and does the rest of the job; says how it ended.
fn go_on(folder: &Folder, inspected: &[serde_json::Value], rest: &[Vec<String>], place: &str) -> Finished {
    let mut finished = execute_bounded(folder, &twin::inspect());
    if finished.code == Some(0) {
        let mut seen = twin::inspected(&finished);
        // Who looks publishes nothing, and says so; the rest of the job does.
        seen["unpublished_run"].take();
        assert!(inspected.contains(&seen), "{place}: {finished:?}");
    }
    for arguments in rest {
        if finished.code == Some(0) {
            finished = execute_bounded(folder, arguments);
        }
    }
    finished
}

/// Whether it was refused; anything but a refusal or the right outputs fails the test.
fn refused(
    folder: &Folder,
    finished: &Finished,
    undisturbed: &BTreeMap<PathBuf, Vec<u8>>,
    place: &str,
) -> bool {
    let (files, expected) = (folder.files(OUT), outputs(undisturbed));
    for (path, content) in outputs(&files) {
        assert!(expected.get(path) == Some(&content), "{place}: {} is wrong; {finished:?}", path.display());
    }
    assert!(!finished.stderr.contains("panicked"), "{place}: {finished:?}");
    if finished.code == Some(0) {
        assert_eq!(outputs(&files), expected, "{place}");
        return false;
    }
    assert_eq!(finished.code, Some(74), "{place}: {finished:?}");
    expect_one_clear_line(finished);
    assert!(finished.stderr.contains("; "), "{place}: no way out in {finished:?}");
    true
}

#[test]
fn a_damaged_piece_is_harmless_or_refused() {
    damage_pieces(&[]);
}

#[test]
fn a_damaged_piece_is_harmless_or_refused_under_rules() {
    damage_pieces(twin::SPLIT);
}

fn damage_pieces(rules: &[&str]) {
    let damages = twin::number_from_environment("SESSIONIZE_TEST_DAMAGES", 60_usize);
    let seed = twin::number_from_environment("SESSIONIZE_TEST_SEED", 1_u64);
    let all = twin::under(rules, vec![run(&[0]), run(&[1]), run(&[2]), finalize()]);
    let undisturbed = twin::undisturbed(BATCHES, &all).files;
    let places = places(rules);
    // A commit that was never published may be lost with the piece that had it: then its run has not been, and is done
    // again.
    let inspected = [&[0, 1][..], &[0]].map(|runs| twin::outcome(&start(runs, rules)).inspected);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut found: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for number in 0..damages {
        let place = &places[number % places.len()];
        let victim = &place.victims[number / places.len() % place.victims.len()];
        let folder = Folder::in_memory();
        twin::copy(&place.folder, &folder);
        let what = damage(&folder.path("").join(victim), &mut random);
        let name = format!("{number} (seed {seed}), {}, {}: {what}", place.name, victim.display());
        let finished = go_on(
            &folder,
            if place.name == "published" { &inspected[..1] } else { &inspected },
            &place.rest,
            &name,
        );
        let was_refused = refused(&folder, &finished, &undisturbed, &name);
        let file = victim.file_name().unwrap().to_string_lossy();
        found.entry(file.chars().take(5).collect()).or_default()[usize::from(was_refused)] += 1;
    }
    let sum = |which: usize| found.values().map(|counts| counts[which]).sum::<usize>();
    let under = if rules.is_empty() { "without rules" } else { "under rules" };
    println!("{damages} damages {under}: {} harmless, {} refused, 0 wrong", sum(0), sum(1));
    println!("[harmless, refused] by file: {found:?}");
    assert!(sum(1) * 4 > damages, "most of the damage has hit nothing");
}

/// A backup of the state folder alone, put back in silence: the manifests tell.
#[test]
fn an_older_copy_put_back_is_refused() {
    let undisturbed =
        twin::undisturbed(BATCHES, &[run(&[0]), run(&[1]), run(&[2]), run(&[3]), finalize()]).files;
    // One history, kept after each of its runs: another one would be another stream.
    let mut folders = vec![start(&[0], &[])];
    for batch in [1, 2] {
        let folder = Folder::in_memory();
        twin::copy(&folders[batch - 1], &folder);
        execute(&folder, &run(&[batch])).expect_code(0);
        folders.push(folder);
    }
    let inspected_after = |folder: &Folder| {
        let looked_at = Folder::in_memory();
        twin::copy(folder, &looked_at);
        twin::outcome(&looked_at).inspected
    };
    let inspected: Vec<_> = folders.iter().map(inspected_after).collect();
    let (mut cases, mut refusals) = (0, 0);
    for (older, now) in [(0, 1), (0, 2), (1, 2)] {
        let rest: Vec<_> = (now + 1..BATCHES).map(|batch| run(&[batch])).chain([finalize()]).collect();
        let names: Vec<_> = folders[older].files(STATE).into_keys().collect();
        // All files of the checkpoint, then each of them alone.
        let choices = [names.clone()].into_iter().chain(names.into_iter().map(|name| vec![name]));
        for choice in choices {
            let folder = Folder::in_memory();
            twin::copy(&folders[now], &folder);
            if choice.len() > 1 {
                fs::remove_dir_all(folder.path(STATE)).unwrap();
                fs::create_dir(folder.path(STATE)).unwrap();
            }
            for name in &choice {
                fs::copy(folders[older].path("").join(name), folder.path("").join(name)).unwrap();
            }
            let place = format!("{choice:?} of run {} put back at run {}", older + 1, now + 1);
            let finished = go_on(&folder, &inspected[now..=now], &rest, &place);
            let was_refused = refused(&folder, &finished, &undisturbed, &place);
            if choice.len() > 1 {
                assert!(was_refused, "{place}");
                let numbers = format!("is at run {}, but the checkpoint only at run {}", now + 1, older + 1);
                assert!(finished.stderr.contains(&numbers), "{place}: {finished:?}");
            }
            cases += 1;
            refusals += usize::from(was_refused);
        }
    }
    println!("{cases} older copies: {refusals} refused, the others harmless");
}
