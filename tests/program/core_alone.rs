//! Whoever embeds the core links the command's crates with it, or finds it smaller or larger than the documentation says.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::process::Command;

/// Crates that only the command needs, by their packages.
const OF_THE_COMMAND: [&str; 8] =
    ["clap", "crossbeam-channel", "getrandom", "indicatif", "log", "rayon", "sled", "tempfile"];

/// The packages that are linked with these flags.
fn linked(flags: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--edges", "normal", "--offline", "--locked", "--prefix", "none", "--format", "{p}"])
        .args(flags)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn the_core_alone_links_no_crate_of_the_command() {
    let command = linked(&[]);
    let core = linked(&["--no-default-features"]);
    assert!(core.iter().any(|package| package == "chrono"), "the tree is no longer understood: {core:?}");
    for package in OF_THE_COMMAND {
        assert!(command.iter().any(|linked| linked == package), "the command has no {package} either");
        assert!(!core.iter().any(|linked| linked == package), "the core links {package}");
    }
}
