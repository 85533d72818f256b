//! Batches of several rounds, with short rows and long ones, in the order of time or not, with and without memory for them, in one batch
//! or in several: every output has the same bytes whatever the number of threads.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use crate::support::Folder;
use crate::support::stream;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

#[derive(Debug, Clone)]
struct Case {
    seed: u64,
    /// The length of a column that nobody reads: it decides how many rows a unit has.
    filler: usize,
    /// How many neighbours are shuffled with each other; 1 is the order of time.
    disorder: usize,
    memory: Option<&'static str>,
    rules: &'static [&'static str],
    cuts: Vec<Index>,
}

/// Enough rows for three to five rounds.
const BYTES: usize = 12 << 20;

fn case() -> impl Strategy<Value = Case> {
    let rules = prop_oneof![Just(&[][..]), Just(&["--agg", "count"][..]), Just(&["--emit", "both"][..])];
    let memory = prop_oneof![3 => Just(None), 1 => Just(Some("1")), 2 => Just(Some("1MiB"))];
    (
        any::<u64>(),
        prop_oneof![Just(60_usize), Just(700), Just(9_000), Just(60_000)],
        prop_oneof![3 => Just(1_usize), 1 => Just(50), 1 => Just(100_000)],
        memory,
        rules,
        prop::collection::vec(any::<Index>(), 0..3),
    )
        .prop_map(|(seed, filler, disorder, memory, rules, cuts)| Case {
            seed,
            filler,
            disorder,
            memory,
            rules,
            cuts,
        })
}

/// Rows of events, with some that are rejected.
fn rows(case: &Case) -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(case.seed);
    let filler = "x".repeat(case.filler);
    let number = BYTES / (case.filler + 30);
    let mut us = 1_577_836_800_000_000_i64;
    let mut rows: Vec<String> = (0..number)
        .map(|number| {
            us += random.i64(0..2_000_000);
            let time = if number % 997 == 500 { "nonsense".to_owned() } else { us.to_string() };
            let mut row = String::with_capacity(filler.len() + 40);
            let _ = writeln!(row, "key {},{time},{filler}", random.usize(0..2_000));
            row
        })
        .collect();
    rows.chunks_mut(case.disorder).for_each(|neighbours| random.shuffle(neighbours));
    rows
}

fn play(batches: &[String], case: &Case, threads: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = Folder::new();
    for (number, content) in batches.iter().enumerate() {
        let name = format!("{number}.csv");
        folder.write(&name, content);
        let run = ["run", &name, "--key=1", "--time=2", "--header=no", "--max-late=100%", "--max-rejects=1%"];
        let memory = case.memory.map(|memory| ["--memory", memory]);
        let flags = memory.iter().flatten().chain(case.rules).copied().collect::<Vec<_>>();
        folder.sessionize(&[&run, &["--gap=2s", "--threads", threads][..], &flags].concat()).expect_code(0);
    }
    let mut files = folder.published();
    // The manifest has the time of its run.
    files.retain(|path, _| !path.to_string_lossy().contains("manifest"));
    files
}

proptest! {
    #![proptest_config(stream::config(6))]

    #[test]
    fn outputs_of_many_rounds_have_the_same_bytes(case in case()) {
        let rows = rows(&case);
        let mut cuts: Vec<usize> = case.cuts.iter().map(|cut| cut.index(rows.len())).collect();
        cuts.extend([0, rows.len()]);
        cuts.sort_unstable();
        cuts.dedup();
        let batches: Vec<String> = cuts.windows(2).map(|cut| rows[cut[0]..cut[1]].concat()).collect();
        let alone = play(&batches, &case, "1");
        prop_assert!(alone.len() > batches.len());
        for threads in ["2", "3", "8"] {
            prop_assert!(play(&batches, &case, threads) == alone, "{threads} threads");
        }
    }
}
