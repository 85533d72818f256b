//! A command of a job, disturbed at each of its durable steps.

use super::twin::{self, Outcome, execute, execute_with_fault, expect_one_clear_line};
use super::{Finished, Folder, OUT};
use std::collections::BTreeSet;

/// A command to disturb, with what goes before and after it.
pub struct Job {
    pub before: Vec<Vec<String>>,
    pub disturbed: Vec<String>,
    pub after: Vec<Vec<String>>,
    /// The folder whose files are compared in the end.
    pub compared: &'static str,
    /// Whether every step is a death only in the long version, which `SESSIONIZE_TEST_RULED_EVERY=1` asks for.
    pub is_long: bool,
    /// The code with which the command may end when it is done already.
    pub done_code: i32,
    /// Kinds of steps that it must have, so that none is missed for want of a case.
    pub must_reach: &'static [&'static str],
}

impl Job {
    /// A job over the default output folder.
    pub fn of(before: Vec<Vec<String>>, disturbed: Vec<String>, after: Vec<Vec<String>>) -> Self {
        Self {
            before,
            disturbed,
            after,
            compared: OUT,
            is_long: false,
            done_code: 0,
            must_reach: &["commit", "rename"],
        }
    }

    /// The same under rules.
    pub fn under(self, rules: &[&str]) -> Self {
        Self {
            before: twin::under(rules, self.before),
            disturbed: twin::under_rules(rules, self.disturbed),
            after: twin::under(rules, self.after),
            is_long: !rules.is_empty(),
            ..self
        }
    }

    /// Disturbs it over `batches` batches.
    pub fn disturb(&self, batches: usize) {
        let folder = Folder::in_memory();
        twin::write_batches(&folder, batches);
        self.disturb_in(&folder);
    }

    /// Disturbs it in a folder that has something already.
    pub fn disturb_in(&self, folder: &Folder) {
        for arguments in &self.before {
            execute(folder, arguments).expect_code(0);
        }
        let twin = copy_of(folder);
        for arguments in [&self.disturbed].into_iter().chain(&self.after) {
            execute(&twin, arguments).expect_code(0);
        }
        self.disturb_from(folder, &Outcome::in_folder(&twin, self.compared));
    }

    /// Disturbs it from `start`; the rest of the job must come to what the undisturbed one has.
    pub fn disturb_from(&self, start: &Folder, undisturbed: &Outcome) {
        let steps = twin::steps(start, &self.disturbed);
        let kinds: BTreeSet<&str> = steps.iter().map(String::as_str).collect();
        for kind in self.must_reach {
            assert!(kinds.contains(kind), "no step {kind} in {steps:?}");
        }
        let fail_every = twin::number_from_environment("SESSIONIZE_TEST_FAIL_EVERY", 4);
        let fails = |number: usize| number.is_multiple_of(fail_every).then(|| format!("fail:{number}"));
        let mut faults = 0;
        let every =
            if self.is_long { twin::number_from_environment("SESSIONIZE_TEST_RULED_EVERY", 3) } else { 1 };
        for number in (1..=steps.len()).step_by(every) {
            for fault in [Some(format!("abort:{number}")), fails(number)].into_iter().flatten() {
                faults += 1;
                let folder = copy_of(start);
                let finished = execute_with_fault(&folder, &self.disturbed, &fault);
                let place = format!("{fault} ({}): {finished:?}", steps[number - 1]);
                let failed = if is_of_commit(&steps, number) { 71 } else { 1 };
                check_end(&finished, &fault, failed, &place);
                self.go_on(&folder, &place);
                // The manifests have the digests of all heads: with them, open state and known files are compared too.
                assert_eq!(folder.files(self.compared), undisturbed.files, "{place}");
            }
        }
        println!(
            "{faults} faults at {} durable steps of {}: {}",
            steps.len(),
            self.disturbed[0],
            steps.join(", ")
        );
    }

    fn go_on(&self, folder: &Folder, place: &str) {
        let again = execute(folder, &self.disturbed);
        assert!([Some(0), Some(self.done_code)].contains(&again.code), "{place}, then again: {again:?}");
        for arguments in &self.after {
            let finished = execute(folder, arguments);
            assert_eq!(finished.code, Some(0), "{place}, then {arguments:?}: {finished:?}");
        }
    }
}

/// Whether the durable step `number`, from 1, belongs to a commit: its write, and the syncs that bring it to the disk.
pub fn is_of_commit(steps: &[String], number: usize) -> bool {
    const COMMIT: [&str; 3] = ["commit", "flush", "sync file"];
    (0..COMMIT.len()).any(|back| {
        let begun = (number - 1).checked_sub(back);
        begun.is_some_and(|begun| steps[begun..number] == COMMIT[..=back])
    })
}

/// `failed` is the exit code of an error at this step.
fn check_end(finished: &Finished, fault: &str, failed: i32, place: &str) {
    if fault.starts_with("abort") {
        assert_eq!(finished.code, Some(1), "{place}");
    } else if finished.code == Some(0) {
        // Only what is old is dropped after the run is published: the next run does it.
        let mut others = finished.stderr.lines().filter(|line| !line.starts_with("sessionize: warning: "));
        assert!(others.all(|line| line.contains("drops what is old")), "{place}: {}", finished.stderr);
    } else {
        assert_eq!(finished.code, Some(failed), "{place}");
        // A migration says where it keeps the copy, however it ends.
        let others = finished
            .stderr
            .lines()
            .filter(|line| !line.contains("a copy of the checkpoint in its older format is kept"));
        let others = others.filter(|line| !line.starts_with("sessionize: warning: "));
        let stderr = others.flat_map(|line| [line, "\n"]).collect();
        expect_one_clear_line(&Finished { stderr, ..finished.clone() });
        assert!(finished.stderr.contains("injected fault"), "{place}");
    }
}

fn copy_of(start: &Folder) -> Folder {
    let folder = Folder::in_memory();
    twin::copy(start, &folder);
    folder
}
