//! Names of files with `*` in them, as crontabs and systemd units give them: no shell has replaced them by the files that fit.

use crate::error::{Error, ErrorKind, Result};
use crate::input::is_url;
use glob::{GlobError, MatchOptions, glob_with};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// What shells do: `*` stands for no slash, and no file is found whose name begins with a dot.
const LIKE_SHELLS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// The files that `names` mean: each pattern is replaced by the files that fit it, in the order of their names. A name that a file
/// has is no pattern, and a URL is left as it is.
///
/// # Errors
/// [`ErrorKind::NoInput`] if no file fits a pattern, or a folder that it goes through cannot be read.
pub(super) fn matching_files(names: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let files = names.iter().map(|name| match files_of(name)? {
        files if files.is_empty() => Err(nothing_fits(name)),
        files => Ok(files),
    });
    Ok(files.collect::<Result<Vec<_>>>()?.concat())
}

/// The same where there need not be any file, each once.
///
/// # Errors
/// [`ErrorKind::NoInput`] if a folder that a pattern goes through cannot be read.
pub(super) fn inbox_files(names: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = names.iter().map(|name| files_of(name)).collect::<Result<Vec<_>>>()?.concat();
    let mut seen = HashSet::new();
    files.retain(|file| seen.insert(file.clone()));
    Ok(files)
}

fn files_of(name: &Path) -> Result<Vec<PathBuf>> {
    pattern_of(name).map_or_else(|| Ok(vec![name.to_owned()]), files_that_fit)
}

fn nothing_fits(pattern: &Path) -> Error {
    Error::new(ErrorKind::NoInput, format!("no file fits the pattern {}", pattern.display()))
        .remedy("check the folder and the names of the files in it")
        .nothing_changed()
}

/// What is no pattern fails as the name of a file, if there is none.
fn pattern_of(name: &Path) -> Option<&str> {
    let text = name.to_str().filter(|text| text.contains(['*', '?', '[']))?;
    // A store looks for what fits a URL.
    let is_file = is_url(name) || name.exists();
    (!is_file && glob::Pattern::new(text).is_ok()).then_some(text)
}

fn files_that_fit(pattern: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in glob_with(pattern, LIKE_SHELLS).into_iter().flatten() {
        let path = path.map_err(|error| unreadable(&error))?;
        if !path.is_dir() {
            files.push(path);
        }
    }
    Ok(files)
}

fn unreadable(error: &GlobError) -> Error {
    Error::io(ErrorKind::NoInput, "list the folder", error.path(), error.error()).nothing_changed()
}

#[expect(clippy::disallowed_methods, reason = "makes files for tests")]
#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        folder
    }

    fn found(folder: &tempfile::TempDir, names: &[&str]) -> std::result::Result<Vec<String>, String> {
        let names: Vec<PathBuf> = names.iter().map(|name| folder.path().join(name)).collect();
        let files = matching_files(&names).map_err(|error| error.to_string())?;
        let name = |file: &PathBuf| file.strip_prefix(folder.path()).unwrap().to_string_lossy().into_owned();
        Ok(files.iter().map(name).collect())
    }

    #[test]
    fn each_pattern_gives_its_files_in_the_order_of_names() {
        let files =
            ["in/b.csv", "in/a.csv", "in/.hidden.csv", "in/old/c.csv", "in/old/deep/d.csv", "in/e.gz"];
        let folder = folder_with(&files);
        let found = |names: &[&str]| found(&folder, names).unwrap();
        assert_eq!(found(&["in/*.csv"]), ["in/a.csv", "in/b.csv"]);
        assert_eq!(found(&["in/*"]), ["in/a.csv", "in/b.csv", "in/e.gz"], "folders are no files");
        assert_eq!(found(&["in/**/*.csv"]), ["in/a.csv", "in/b.csv", "in/old/c.csv", "in/old/deep/d.csv"]);
        assert_eq!(
            found(&["in/[b-z].*", "in/a.csv", "in/?.csv"]),
            ["in/b.csv", "in/e.gz", "in/a.csv", "in/a.csv", "in/b.csv"]
        );
    }

    #[test]
    fn a_name_that_a_file_has_is_no_pattern_and_one_that_none_has_stays() {
        let folder = folder_with(&["a[1].csv", "a1.csv", "x*"]);
        assert_eq!(found(&folder, &["a[1].csv", "x*"]).unwrap(), ["a[1].csv", "x*"]);
        assert_eq!(
            found(&folder, &["a[1-2].csv", "no.csv", "no[.csv"]).unwrap(),
            ["a1.csv", "no.csv", "no[.csv"]
        );
    }

    #[test]
    fn a_pattern_that_nothing_fits_is_named() {
        let folder = folder_with(&["in/a.csv", "in/sub.csv/b"]);
        let error = found(&folder, &["in/a.csv", "in/*.gz"]).unwrap_err();
        assert!(error.contains("no file fits the pattern") && error.contains("in/*.gz"), "{error}");
        assert!(found(&folder, &["in/s*.csv"]).is_err(), "only a folder fits it");
    }
}
