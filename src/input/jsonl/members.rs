//! The requested members of a JSON object, as the bytes of columns.

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// The kind of the value of a member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// The member is missing or null.
    #[default]
    Missing,
    /// A string, an integer or a boolean: a valid key.
    Plain,
    /// A number with a fraction or an exponent, an array or an object.
    Other,
}

/// The value of one requested member.
#[derive(Debug, Clone, Default)]
struct Cell {
    kind: Kind,
    /// The number of objects around the member inside the line. A member whose own name has dots takes precedence over a path into objects.
    depth: usize,
    /// The range of its bytes in [`Cells::bytes`].
    bytes: Range<usize>,
}

/// The values of the requested members of one line. It is reused for the next line, so its memory is allocated once.
#[derive(Debug, Default)]
pub struct Cells {
    cells: Vec<Cell>,
    bytes: Vec<u8>,
}

impl Cells {
    /// Replaces the content with the members of `line` named in `names`; `None` if the line is not an object.
    pub(super) fn read(&mut self, line: &[u8], names: &[String]) -> Option<()> {
        self.bytes.clear();
        self.cells.clear();
        self.cells.resize(names.len(), Cell::default());
        let requested = names.iter().enumerate().map(|(position, name)| (position, name.as_str())).collect();
        self.read_object(std::str::from_utf8(line).ok()?, &Level { requested, depth: 0 })
    }

    /// The bytes of a value: a string without quotes and escapes, any other value as it is written. Empty if it is missing.
    pub(super) fn get(&self, position: usize) -> &[u8] {
        &self.bytes[self.cells[position].bytes.clone()]
    }

    /// Whether the value may be part of a key. A missing value may: it is rejected for another reason.
    pub(super) fn may_be_key(&self, position: usize) -> bool {
        self.cells[position].kind != Kind::Other
    }

    fn read_object(&mut self, text: &str, level: &Level<'_>) -> Option<()> {
        let mut members = serde_json::Deserializer::from_str(text);
        Members { level, cells: self }.deserialize(&mut members).ok()?;
        members.end().ok()
    }

    /// Stores the value of the member `name` if it is requested, or reads it if a requested member is inside it.
    fn take(&mut self, name: &str, value: &str, level: &Level<'_>) -> Option<()> {
        for &(position, _) in level.requested.iter().filter(|(_, requested)| *requested == name) {
            let Cell { kind, depth, .. } = self.cells[position];
            // Of several members with one name the last counts, as in all JSON readers; a null does not hide a path into an object.
            if kind == Kind::Missing || level.depth == depth || (level.depth < depth && value != "null") {
                self.cells[position] = self.cell(value, level.depth)?;
            }
        }
        let inner = level.inside(name);
        if !inner.requested.is_empty() && value.starts_with('{') {
            self.read_object(value, &inner)
        } else {
            Some(())
        }
    }

    fn cell(&mut self, value: &str, depth: usize) -> Option<Cell> {
        let start = self.bytes.len();
        let kind = match value.as_bytes() {
            b"null" => Kind::Missing,
            [b'"', ..] => {
                let text: Cow<'_, str> = match value.strip_prefix('"')?.strip_suffix('"')? {
                    plain if !plain.contains('\\') => Cow::Borrowed(plain),
                    _ => Cow::Owned(serde_json::from_str(value).ok()?),
                };
                self.bytes.extend_from_slice(text.as_bytes());
                Kind::Plain
            }
            // The only integer with two spellings.
            b"-0" => {
                self.bytes.push(b'0');
                Kind::Plain
            }
            written => {
                self.bytes.extend_from_slice(written);
                let is_integer = written.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-');
                if is_integer || matches!(written, b"true" | b"false") { Kind::Plain } else { Kind::Other }
            }
        };
        Some(Cell { kind, depth, bytes: start..self.bytes.len() })
    }
}

/// The members that are requested of one object, by position.
struct Level<'n> {
    requested: Vec<(usize, &'n str)>,
    depth: usize,
}

impl<'n> Level<'n> {
    /// The members that are requested of the object in the member `name`.
    fn inside(&self, name: &str) -> Self {
        let rest = |&(position, requested): &(usize, &'n str)| {
            Some((position, requested.strip_prefix(name)?.strip_prefix('.')?))
        };
        Self { requested: self.requested.iter().filter_map(rest).collect(), depth: self.depth + 1 }
    }

    fn requests(&self, name: &str) -> bool {
        self.requested.iter().any(|(_, requested)| {
            requested.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}

/// Reads the members of one object into `cells`.
struct Members<'c, 'n> {
    level: &'c Level<'n>,
    cells: &'c mut Cells,
}

impl<'de> DeserializeSeed<'de> for Members<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = members.next_key()? {
            if self.level.requests(&name) {
                let value: &RawValue = members.next_value()?;
                let taken = self.cells.take(&name, value.get(), self.level);
                taken.ok_or_else(|| A::Error::custom("unreadable value"))?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// The name of a member; borrowed if it has no escapes.
#[derive(serde::Deserialize)]
struct Name<'d>(#[serde(borrow)] Cow<'d, str>);

/// The names of the members of `line`, with a dot before members of inner objects; `None` if it is not an object.
pub(super) fn member_names(line: &[u8]) -> Option<Vec<String>> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(line).ok()?;
    let mut names = Vec::new();
    push_names("", &object, &mut names);
    Some(names)
}

fn push_names(before: &str, object: &serde_json::Map<String, serde_json::Value>, names: &mut Vec<String>) {
    for (name, value) in object {
        let name = format!("{before}{name}");
        match value {
            serde_json::Value::Object(inner) => push_names(&format!("{name}."), inner, names),
            _ => names.push(name),
        }
    }
}
