//! Columns whose values stand in the names of folders, as Hive and Spark write them: `dt=2020-01-01/`.

use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

/// Positions from here on are those of columns of a path. No file has as many of its own.
pub const FROM_PATH: usize = 1 << 31;

/// What Hive writes for a missing value.
const MISSING: &[u8] = b"__HIVE_DEFAULT_PARTITION__";

/// The columns of one path, the outermost folder first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathColumns {
    names: Vec<String>,
    values: Vec<Vec<u8>>,
}

impl PathColumns {
    /// Those of the folders in `path`. Of two with one name the innermost counts.
    pub(super) fn of(path: &Path) -> Self {
        let mut columns = Self::default();
        let folders = path.parent().into_iter().flat_map(Path::components);
        for folder in folders.filter_map(|component| match component {
            Component::Normal(name) => Some(name.as_bytes()),
            _ => None,
        }) {
            if let Some(at @ 1..) = memchr::memchr(b'=', folder) {
                columns.push(&folder[..at], &folder[at + 1..]);
            }
        }
        columns
    }

    fn push(&mut self, name: &[u8], value: &[u8]) {
        let name = String::from_utf8_lossy(&decoded(name)).into_owned();
        let value = if value == MISSING { Vec::new() } else { decoded(value) };
        if let Some(place) = self.names.iter().position(|other| *other == name) {
            self.values[place] = value;
        } else {
            self.names.push(name);
            self.values.push(value);
        }
    }

    /// The names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether there are none.
    pub(super) const fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The position of the column `name`.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name).map(|place| FROM_PATH + place)
    }

    /// The name of the column at `position`.
    pub(super) fn name_at(&self, position: usize) -> Option<&String> {
        self.names.get(position.checked_sub(FROM_PATH)?)
    }

    /// The value at `position`: that of a column here, empty if it is missing, or the `field` of the row.
    pub(super) fn value<'v, 'f: 'v>(
        &'v self,
        position: usize,
        field: impl Fn(usize) -> &'f [u8],
    ) -> &'v [u8] {
        match position.checked_sub(FROM_PATH) {
            Some(place) => &self.values[place],
            None => field(position),
        }
    }

    /// Names and values in one form, whatever the order of the folders: what they add to the content of a file.
    pub(super) fn content(&self) -> Vec<u8> {
        let mut columns: Vec<_> = self.names.iter().zip(&self.values).collect();
        columns.sort();
        let mut content = Vec::new();
        for text in columns.iter().flat_map(|(name, value)| [name.as_bytes(), value]) {
            content.extend_from_slice(&(text.len() as u64).to_le_bytes());
            content.extend_from_slice(text);
        }
        content
    }
}

/// The text with its bytes in the place of `%2F` and the like. A percent sign before anything else is one.
fn decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, behind @ ..] = rest {
        let code = behind.get(..2).filter(|code| *first == b'%' && code.iter().all(u8::is_ascii_hexdigit));
        let byte = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &behind[2..] } else { behind };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(path: &str) -> Vec<(String, String)> {
        let columns = PathColumns::of(Path::new(path));
        let value = |value: &Vec<u8>| String::from_utf8_lossy(value).into_owned();
        columns.names.iter().cloned().zip(columns.values.iter().map(value)).collect()
    }

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn folders_with_an_equals_sign_are_columns() {
        assert_eq!(
            columns("in/dt=2020-01-01/hour=07/a=b.csv"),
            pairs(&[("dt", "2020-01-01"), ("hour", "07")])
        );
        assert_eq!(columns("/x/a=b=c/./y=/f"), pairs(&[("a", "b=c"), ("y", "")]));
        for path in ["a=b", "./a=b.csv", "x/=b/f", "-", "", "a/b.csv"] {
            assert_eq!(columns(path), [], "{path}");
        }
        assert_eq!(columns("dt=1/../dt=2/x=3/f"), pairs(&[("dt", "2"), ("x", "3")]));
    }

    #[test]
    fn values_are_decoded_and_the_mark_of_hive_is_a_missing_one() {
        assert_eq!(columns("ts=10%3A30%2f%zz%/f"), pairs(&[("ts", "10:30/%zz%")]));
        assert_eq!(columns("a%20b=%C3%A4/f"), pairs(&[("a b", "ä")]));
        assert_eq!(columns("dt=__HIVE_DEFAULT_PARTITION__/f"), pairs(&[("dt", "")]));
    }

    #[test]
    fn the_order_of_folders_does_not_matter_for_their_content_and_where_values_end_does() {
        let content = |path: &str| PathColumns::of(Path::new(path)).content();
        assert_eq!(content("a=1/b=2/f"), content("x/b=2/y/a=1/g"));
        assert_ne!(content("a=1/b=2/f"), content("a=2/b=1/f"));
        assert_ne!(content("a=bc/f"), content("ab=c/f"));
        assert_eq!(content("x/f"), b"");
    }

    #[test]
    fn columns_are_found_by_position() {
        let columns = PathColumns::of(Path::new("a=1/b=2/f"));
        let position = columns.position("b").unwrap();
        assert_eq!(
            (
                columns.name_at(position).unwrap().as_str(),
                columns.value(position, |_| b"x"),
                columns.value(0, |_| b"x")
            ),
            ("b", &b"2"[..], &b"x"[..])
        );
        assert_eq!(
            (columns.position("c"), columns.name_at(0), columns.name_at(position + 1)),
            (None, None, None)
        );
    }
}
