//! What a rollback means in an imported checkpoint.

use super::{export_state, import_state, purge, rollback, verify};
use crate::run::job_tests::Job;

#[test]
fn before_the_first_run_of_an_import_is_the_imported_state() {
    let (exported, job) = (Job::of_days(2), Job::new());
    let file = exported.path("export");
    export_state(&exported.common, &file, false, &exported.cancellation).unwrap();
    let imported = import_state(&job.common, &file, false, &job.cancellation).unwrap();
    assert_eq!((imported.run, imported.events_open), (Some(3), 1));
    for number in 3..=5 {
        job.day(number).unwrap();
    }
    let mut context = job.open().unwrap();
    assert_eq!(rollback(&mut context, 5).unwrap().rolled_back_to, Some(5));
    assert_eq!(rollback(&mut context, 0).unwrap().rolled_back_to, Some(3));
    assert_eq!(context.checkpoint.head().unwrap().events_open, 1);
    // What was before the import cannot come back, and neither can what was purged.
    assert!(rollback(&mut context, 2).unwrap_err().to_string().contains("no longer kept"));
    purge(&mut context, b"bob").unwrap();
    drop(context);
    assert_eq!(verify(&job.common, &job.cancellation).unwrap().findings, Vec::<String>::new());
}
