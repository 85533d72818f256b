//! A build without object stores says how to get one with them, and takes no URL for a file.

use crate::support::Folder;

#[test]
fn who_names_an_object_is_told_which_build_reads_it() {
    let folder = Folder::in_memory();
    for (url, shown) in [
        ("s3://bucket/dt=*/*.csv", "s3://bucket/dt=*/*.csv"),
        ("https://example.org/a.csv?secret", "https://example.org/a.csv"),
    ] {
        for command in [&["run", "--batch", url][..], &["init", url]] {
            let stderr = folder.sessionize(command).expect_code(2).stderr;
            let said = format!(
                "sessionize: {shown}: this build reads no object stores and no web servers; install one that does"
            );
            assert!(stderr.starts_with(&said) && stderr.lines().count() == 1, "{stderr}");
            assert!(stderr.contains("cargo install --path . --features cloud"), "{stderr}");
        }
    }
}

#[test]
fn a_url_that_names_no_object_is_a_mistake_whatever_the_build_reads() {
    let stderr = Folder::in_memory().sessionize(&["run", "--batch", "ftp://b/a.csv"]).expect_code(2).stderr;
    assert!(stderr.contains("nothing here reads ftp:// URLs"), "{stderr}");
}
