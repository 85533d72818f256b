//! A bucket of a real server as a store: `moto_server`, of Python. Where it is missing, the test says so.
#![allow(clippy::disallowed_methods, reason = "a test runs itself once more")]

use super::bucket;
use super::conformance::expect_store;
use std::process::Command;

#[path = "../../../tests/cloud/moto.rs"]
mod moto;

/// Names the variable with the URL of a place below which nothing stands yet.
const PLACE: &str = "SESSIONIZE_TEST_BUCKET";

#[test]
fn a_bucket_is_a_store() {
    let Some(server) = moto::start() else { return };
    moto::make_bucket(server.port, "store");
    // The library reads the environment of its process, which a test cannot change: so this is another one.
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--exact", "deliver::files::bucket_tests::the_bucket_is_a_store", "--ignored"]);
    let output =
        test.envs(moto::environment(server.port)).env(PLACE, "s3://store/some/where").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "needs a bucket in its environment: a_bucket_is_a_store makes one and runs it"]
fn the_bucket_is_a_store() {
    let place = std::env::var(PLACE).unwrap();
    expect_store(|| bucket::open(&place).unwrap());
}
