//! What a command finds of the one before it: a run that is committed and not published, one that the checkpoint has lost, or a
//! checkpoint and an output folder that do not belong together.

use super::job_tests::Job;
use super::{Look, Opening, lost_outputs};
use crate::error::ErrorKind;
use std::fs;

#[test]
fn a_run_that_is_committed_is_shown_as_it_is_and_published_by_the_next_command() {
    let job = Job::of_days(2);
    let published = job.outputs();
    job.unpublish(2);
    let look = Look::at(&job.common, &job.cancellation).unwrap();
    assert_eq!(look.unpublished_run(), Some(2));
    drop(look.into_context());
    assert!(job.staging(2).is_dir(), "a look leaves everything where it is");
    drop(job.open().unwrap());
    assert_eq!(job.outputs(), published);
    assert!(job.manifest(2).is_file() && !job.staging(2).exists());
    assert_eq!(Look::at(&job.common, &job.cancellation).unwrap().unpublished_run(), None);
    job.day(3).unwrap();
}

#[test]
fn what_was_staged_and_never_committed_is_removed() {
    let job = Job::of_days(1);
    let published = job.outputs();
    job.keep(&job.common.state, "before");
    job.day(2).unwrap();
    job.unpublish(2);
    job.put_back(&job.common.state, "before");
    assert_eq!(Look::at(&job.common, &job.cancellation).unwrap().unpublished_run(), None);
    drop(job.open().unwrap());
    assert_eq!(job.outputs(), published);
    assert!(!job.staging(2).exists());
    let report = job.day(2).unwrap();
    assert_eq!((report.run, report.sessions_completed), (Some(2), 2));
}

#[test]
fn what_a_run_has_moved_whose_commit_is_lost_goes_back() {
    for days in [0, 1] {
        let job = Job::of_days(days);
        drop(job.open().unwrap());
        let before = job.outputs();
        job.keep(&job.common.state, "before");
        job.day(days + 1).unwrap();
        let after = job.outputs();
        job.unpublish(days + 1);
        // It had begun to publish when the machine stopped.
        fs::rename(job.staging(days + 1).join("sessions.csv"), job.sessions(days + 1)).unwrap();
        job.put_back(&job.common.state, "before");
        drop(job.open().unwrap());
        assert_eq!(job.outputs(), before);
        job.day(days + 1).unwrap();
        assert_eq!(job.outputs(), after);
    }
}

#[test]
fn a_lost_manifest_or_lost_outputs_are_told_as_what_they_are() {
    let job = Job::of_days(3);
    job.keep(&job.common.out, "whole");
    let whole = || job.put_back(&job.common.out, "whole");
    let lost = || {
        let look = Look::with(&job.common, &job.cancellation, Opening::Damaged, |_| Ok(())).unwrap().0;
        lost_outputs(&look.checkpoint, &look.output).is_some()
    };
    assert!(!lost());

    job.unpublish(3);
    fs::write(job.staging(3).join("manifest.json"), "damaged").unwrap();
    job.expect_refused("run 3 is committed but not published, and the manifest that it staged is damaged");
    assert!(!lost(), "the outputs are still staged");

    whole();
    fs::remove_file(job.manifest(3)).unwrap();
    job.expect_refused(
        "run 3 is committed and outputs of it lie here, but its manifest manifests/run-00000003.json is missing",
    );
    assert!(!lost(), "the outputs are in their places");

    // By hand: the session of `bob` on the second day and that of `ann` on the third.
    whole();
    job.unpublish(3);
    fs::remove_dir_all(job.staging(3)).unwrap();
    job.expect_refused("run 3 is committed, but its outputs are neither published nor staged any more: 2 sessions with 2 events");
    assert!(lost());

    // Of more than the last run, and where no manifest is left, nothing tells what is gone.
    whole();
    for run in 2..=3 {
        fs::remove_file(job.manifest(run)).unwrap();
        fs::remove_file(job.sessions(run)).unwrap();
    }
    job.expect_refused("the checkpoint is at run 3, but this output folder is at run 1");
    whole();
    fs::remove_dir_all(job.common.out.join("manifests")).unwrap();
    job.expect_refused("the checkpoint is at run 3, but this output folder is at run 0");
}

#[test]
fn a_checkpoint_and_an_output_folder_of_different_histories_are_refused() {
    let job = Job::of_days(1);
    job.keep(&job.common.state, "state-1");
    job.keep(&job.common.out, "out-1");
    job.day(2).unwrap();
    job.keep(&job.common.state, "state-2");
    job.keep(&job.common.out, "out-2");

    job.put_back(&job.common.state, "state-1");
    job.expect_refused("the output folder is at run 2, but the checkpoint only at run 1");

    job.put_back(&job.common.out, "out-1");
    job.run(&[("other.csv", "cat,2020-01-02 10:00:00\ncat,2020-01-02 12:00:00\n")]).unwrap();
    job.put_back(&job.common.out, "out-2");
    job.expect_refused("checkpoint and output are both at run 2, but their histories differ");

    let other = Job::of_days(2);
    other.keep(&other.common.out, "whole");
    fs::remove_dir_all(&job.common.out).unwrap();
    fs::rename(other.path("whole"), &job.common.out).unwrap();
    job.expect_refused("this output folder belongs to another checkpoint");

    fs::remove_dir_all(&job.common.state).unwrap();
    let refusal = super::Context::open_existing(&job.common, &job.cancellation).map(drop).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Checkpoint);
    assert!(refusal.to_string().contains("the output folder is at run 2, but the checkpoint only at run 0"));
    assert!(!job.common.state.exists());
}

#[test]
fn what_another_stream_has_staged_is_not_the_run_of_this_one() {
    let (job, other) = (Job::of_days(1), Job::of_days(1));
    let published = job.outputs();
    other.keep(&other.common.state, "before");
    other.day(2).unwrap();
    other.unpublish(2);
    fs::create_dir_all(job.staging(2).parent().unwrap()).unwrap();
    fs::rename(other.staging(2), job.staging(2)).unwrap();
    assert_eq!(Look::at(&job.common, &job.cancellation).unwrap().unpublished_run(), None);
    // What lies in the place of its session is nothing that this stream could put back.
    fs::rename(job.staging(2).join("sessions.csv"), job.sessions(2)).unwrap();
    let moved = job.outputs();
    assert_ne!(moved, published);
    drop(job.open().unwrap());
    assert_eq!(job.outputs(), moved);
    assert!(!job.staging(2).exists());
}
