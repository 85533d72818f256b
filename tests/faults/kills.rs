//! SIGKILL at random times, again and again: the job must come to exactly the outputs of an undisturbed twin.
//!
//! `SESSIONIZE_TEST_KILLS` and `SESSIONIZE_TEST_SEED` make it longer, or another one.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::print_stdout, reason = "the figures of docs/trust.md")]
#![allow(clippy::disallowed_methods, reason = "the time of a kill is measured against that of a run")]

use crate::support::Folder;
use crate::support::twin::{self, execute, finalize, run, run_each};
use std::time::{Duration, Instant};

#[test]
fn killed_at_random_times_nothing_is_lost_or_doubled() {
    let wanted = twin::number_from_environment("SESSIONIZE_TEST_KILLS", 24_usize);
    let mut random = fastrand::Rng::with_seed(twin::number_from_environment("SESSIONIZE_TEST_SEED", 1));
    // About four kills a batch; some batches come in pairs, as a backfill.
    let batches = wanted / 4 / 2 * 2 + 2;
    let commands: Vec<_> = (0..batches)
        .step_by(2)
        .flat_map(|batch| match batch % 4 {
            0 => vec![run(&[batch]), run(&[batch + 1])],
            _ => vec![run_each(&[batch, batch + 1])],
        })
        .chain([finalize()])
        .collect();
    let begin = Instant::now();
    let undisturbed = twin::undisturbed(batches, &commands);
    let one_run = begin.elapsed() / u32::try_from(commands.len()).unwrap();

    let folder = Folder::in_memory();
    twin::write_batches(&folder, batches);
    let (mut kills, mut tries) = (0, 0);
    for (number, arguments) in commands.iter().enumerate() {
        while kills < wanted * (number + 1) / commands.len() {
            let time = one_run.mul_f64(random.f64() * 1.2) + Duration::from_micros(random.u64(0..1000));
            kills += usize::from(twin::kill_after(&folder, arguments, time));
            tries += 1;
            // Where every try comes too late the command is done: on with the next one.
            if tries > 20 * wanted {
                break;
            }
        }
        execute(&folder, arguments).expect_code(0);
    }
    println!("{kills} kills in {tries} tries over {} commands", commands.len());
    assert!(kills * 2 > wanted, "only {kills} of {wanted} processes were still there to be killed");
    assert_eq!(twin::outcome(&folder), undisturbed);
}
