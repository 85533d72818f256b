//! The commands of `docs/object-stores.md` do what the page says.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "reads the documentation")]

use crate::store::{Bucket, log};
use crate::support::Finished;
use std::path::Path;
use std::process::Command;

#[test]
fn the_commands_of_the_page_read_the_bucket_and_then_what_is_new() {
    let Some(bucket) = Bucket::named("bucket".to_owned()) else { return };
    for day in 1..=3 {
        let packed = crate::sessions::gzip(&log((day - 1) * 86_400, 100));
        bucket.put(&format!("logs/dt=2020-01-0{day}/a.csv.gz"), packed);
    }
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/object-stores.md")).unwrap();
    let commands: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    assert_eq!(commands.len(), 3);
    let given = bucket.command(&[]);
    let program = Path::new(given.get_program()).parent().unwrap().to_str().unwrap();
    let path = format!("{program}:{}", std::env::var("PATH").unwrap_or_default());
    let mut gets = Vec::new();
    for command in commands {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(bucket.folder.path("")).env("PATH", &path);
        shell.envs(given.get_envs().filter_map(|(name, value)| Some((name, value?))));
        bucket.proxy.pass();
        Finished::of(shell, b"").expect_code(0);
        gets.push(bucket.proxy.gets());
    }
    let get = |day: u32| format!("/bucket/logs/dt%3D2020-01-0{day}/a.csv.gz");
    assert_eq!(gets, [vec![get(1), get(2)], vec![get(3)], vec![]]);
}
