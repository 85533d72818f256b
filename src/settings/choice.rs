//! The choice of the source of a batch file.

use crate::objects::is_url;
use std::path::{Path, PathBuf};

/// How the source of a file is found, if a checkpoint has several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SourceChoice {
    /// No choice: there must be only one.
    #[default]
    Only,
    /// All files belong to the source of this name.
    Named(String),
    /// The first source with a matching pattern, in this order.
    ByPattern(Vec<(String, Vec<FilePattern>)>),
}

impl SourceChoice {
    /// The name of the first source with a pattern that matches `path`.
    pub fn fitting(&self, path: &Path) -> Option<&str> {
        let Self::ByPattern(sources) = self else { return None };
        let fits =
            |(_, patterns): &&(String, Vec<FilePattern>)| patterns.iter().any(|pattern| pattern.fits(path));
        sources.iter().find(fits).map(|(name, _)| name.as_str())
    }

    /// All sources with their patterns, for people.
    pub fn listed(&self) -> String {
        let Self::ByPattern(sources) = self else { return String::new() };
        let of = |(name, patterns): &(String, Vec<FilePattern>)| {
            let texts: Vec<&str> = patterns.iter().map(|pattern| pattern.text.as_str()).collect();
            format!("{name} ({})", texts.join(", "))
        };
        sources.iter().map(of).collect::<Vec<_>>().join(", ")
    }
}

/// A pattern for the paths of files, as in shells: `*` and `?` inside a name, `**` for any folders, `[a-z]`.
///
/// A pattern without a slash matches the name of the file in any folder. A pattern with a slash matches the whole path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePattern {
    text: String,
    pattern: glob::Pattern,
    of_whole_path: bool,
}

impl FilePattern {
    /// Parses a pattern. One with a slash is relative to `folder`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str, folder: &Path) -> Result<Self, String> {
        let of_whole_path = text.contains('/');
        let pattern = if of_whole_path && !is_url(Path::new(text)) {
            let folder = glob::Pattern::escape(&folder.to_string_lossy());
            absolute(&Path::new(&folder).join(text)).to_string_lossy().into_owned()
        } else {
            text.to_owned()
        };
        let pattern = glob::Pattern::new(&pattern).map_err(|error| error.msg.to_owned())?;
        Ok(Self { text: text.to_owned(), pattern, of_whole_path })
    }

    /// Whether it matches `path`, which is relative to the working folder. Links are not followed.
    pub fn fits(&self, path: &Path) -> bool {
        let options = glob::MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        let name = if self.of_whole_path && is_url(path) {
            path.as_os_str().to_owned()
        } else if self.of_whole_path {
            absolute(path).into_os_string()
        } else {
            path.file_name().unwrap_or(path.as_os_str()).to_owned()
        };
        self.pattern.matches_with(&name.to_string_lossy(), options)
    }
}

/// The absolute path, without `.` in it. If the working folder no longer exists, the path stays as it is.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, path: &str) -> bool {
        FilePattern::read(pattern, Path::new("/a [b]/c")).unwrap().fits(Path::new(path))
    }

    #[test]
    fn a_pattern_without_a_slash_is_about_the_name() {
        assert!(fits("v*.csv", "v1.csv") && fits("v*.csv", "/x/y/v1.csv") && fits("v?.csv*", "v1.csv.gz"));
        assert!(!fits("v*.csv", "/v1.csv/other") && !fits("v*", "V1"));
        assert!(fits("-", "-") && fits("*", ".hidden"));
    }

    #[test]
    fn a_pattern_with_a_slash_is_about_the_path_from_the_folder() {
        assert!(fits("in/*.csv", "/a [b]/c/in/1.csv") && fits("./in/*.csv", "/a [b]/c/./in/1.csv"));
        assert!(!fits("in/*.csv", "/a [b]/in/1.csv") && !fits("in/*.csv", "/a [b]/c/in/x/1.csv"));
        assert!(fits("s3://b/web/**", "s3://b/web/x/1.csv") && !fits("s3://b/web/*", "s3://b/app/1.csv"));
        assert!(!fits("s3://b/web/*", "/a [b]/c/s3:/b/web/1.csv"));
        assert!(fits("in/**/*.csv", "/a [b]/c/in/x/y/1.csv") && fits("/x/[0-9]*", "/x/7.csv"));
    }

    #[test]
    fn the_first_source_with_a_fitting_pattern_is_chosen() {
        let read = |text| vec![FilePattern::read(text, Path::new("")).unwrap()];
        let choice = SourceChoice::ByPattern(vec![("one".into(), read("a*")), ("two".into(), read("*.csv"))]);
        assert_eq!(choice.fitting(Path::new("a.csv")), Some("one"));
        assert_eq!(choice.fitting(Path::new("b.csv")), Some("two"));
        assert_eq!(choice.fitting(Path::new("b.log")), None);
        assert_eq!(choice.listed(), "one (a*), two (*.csv)");
    }

    #[test]
    fn a_pattern_that_makes_no_sense_is_refused() {
        assert!(FilePattern::read("a[", Path::new("")).is_err());
        assert!(FilePattern::read("a***b", Path::new("")).is_err());
    }
}
