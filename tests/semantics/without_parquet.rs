//! A build without Parquet says how to get one with it, and takes nothing for what it is not.

use crate::support::Folder;

#[test]
fn a_parquet_file_is_known_and_the_way_to_read_it_is_told() {
    let folder = Folder::in_memory();
    folder.write("1.parquet", b"PAR1\x15\x04\x15\x10\nann,2020-01-01\nPAR1");
    let stderr = folder.sessionize(&["run", "--batch=1.parquet"]).expect_code(65).stderr;
    assert!(stderr.contains("1.parquet: this is a Parquet file, which sessionize does not read"), "{stderr}");
    assert!(stderr.contains("cargo install --path . --features parquet"), "{stderr}");
}

#[test]
fn who_asks_for_parquet_is_told_where_it_is_written() {
    let folder = Folder::in_memory();
    folder.write("1.csv", "ann,2020-01-01\n");
    let flags = ["run", "--batch=1.csv", "--header=no", "--output-format=parquet"];
    let stderr = folder.sessionize(&flags).expect_code(2).stderr;
    assert!(stderr.contains("this build cannot write Parquet"), "{stderr}");
    assert!(stderr.contains("cargo install --path . --features parquet"), "{stderr}");
}

#[test]
fn who_says_that_the_input_is_parquet_is_told_where_it_is_read() {
    let folder = Folder::in_memory();
    folder.write("1.parquet", "PAR1 and so on PAR1");
    let stderr =
        folder.sessionize(&["run", "--batch=1.parquet", "--input-format=parquet"]).expect_code(2).stderr;
    assert!(stderr.contains("this build cannot read it"), "{stderr}");
    assert!(stderr.contains("cargo install --path . --features parquet"), "{stderr}");
    // A mistyped one is still answered with the names that there are.
    let stderr =
        folder.sessionize(&["run", "--batch=1.parquet", "--input-format=parket"]).expect_code(2).stderr;
    assert!(stderr.contains("parquet"), "{stderr}");
}

#[test]
fn a_configuration_that_asks_for_parquet_is_told_the_same() {
    let folder = Folder::in_memory();
    folder.write("1.csv", "ann,2020-01-01\n");
    for (key, said) in
        [("input-format", "this build cannot read it"), ("output-format", "this build cannot write Parquet")]
    {
        folder.write("sessionize.toml", format!("{key} = \"parquet\"\n"));
        let stderr =
            folder.sessionize(&["run", "--config=sessionize.toml", "--batch=1.csv"]).expect_code(2).stderr;
        assert!(stderr.contains(said) && stderr.contains("--features parquet"), "{stderr}");
    }
}
