//! What a session means in one checkpoint (rule 12): fixed when the checkpoint is created, held against every run.

use crate::gap::Gap;

/// A column of the batch files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its place in the first file, from 0; `None` until a file has shown it.
    pub position: Option<u32>,
    /// Its name in the header; `None` without a header, or where the header's name does not tell it apart.
    pub name: Option<String>,
}

impl Column {
    /// The request that this column answers.
    fn request(&self) -> Option<ColumnRequest> {
        let number = || self.position.map(|position| ColumnRequest::Number(position + 1));
        self.name.clone().map(ColumnRequest::Name).or_else(number)
    }
}

/// A column as it is asked for: by 1-based number or by header name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnRequest {
    /// The 1-based number of the column.
    Number(u32),
    /// The name in the header.
    Name(String),
}

impl ColumnRequest {
    /// Reads a number or a name.
    ///
    /// ```
    /// # use sessionize::definition::ColumnRequest;
    /// assert_eq!(ColumnRequest::read("2"), ColumnRequest::Number(2));
    /// assert_eq!(ColumnRequest::read("user_id"), ColumnRequest::Name("user_id".into()));
    /// ```
    pub fn read(text: &str) -> Self {
        match text.parse() {
            Ok(number) if number > 0 => Self::Number(number),
            _ => Self::Name(text.to_owned()),
        }
    }

    /// The column before any file has been seen.
    pub fn unresolved(&self) -> Column {
        match self {
            Self::Number(number) => Column { position: Some(number - 1), name: None },
            Self::Name(name) => Column { position: None, name: Some(name.clone()) },
        }
    }

    fn names(&self, column: &Column) -> bool {
        match self {
            Self::Number(number) => column.position == Some(number - 1),
            Self::Name(name) => column.name.as_ref() == Some(name),
        }
    }
}

impl std::fmt::Display for ColumnRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// What is fixed when a checkpoint is created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The gap of every session.
    pub gap: Gap,
    /// The columns that make the key, one or more.
    pub key: Vec<Column>,
    /// The column of the event time.
    pub time: Column,
    /// Whether files begin with a header row; `None` until a file has shown it.
    pub header: Option<bool>,
    /// The byte between fields.
    pub delimiter: u8,
    /// How times are written, in the words of `--time-format`.
    pub time_format: String,
    /// The zone of times that name none, as an IANA name.
    pub timezone: String,
}

impl Definition {
    /// The names of the key columns in outputs: those of the header, else `key`, or `key_1`, `key_2`, ...
    pub fn key_names(&self) -> Vec<String> {
        let fallback = |number: usize| {
            if self.key.len() == 1 { "key".to_owned() } else { format!("key_{}", number + 1) }
        };
        self.key
            .iter()
            .enumerate()
            .map(|(n, column)| column.name.clone().unwrap_or_else(|| fallback(n)))
            .collect()
    }
}

/// What a run asks for; `None` takes what the checkpoint has, or the default in a new one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DefinitionRequest {
    /// `--gap`
    pub gap: Option<Gap>,
    /// `--key`
    pub key: Option<Vec<ColumnRequest>>,
    /// `--time`
    pub time: Option<ColumnRequest>,
    /// `--header yes` or `no`; `auto` asks for nothing.
    pub header: Option<bool>,
    /// `--delimiter`
    pub delimiter: Option<u8>,
    /// `--time-format`
    pub time_format: Option<String>,
    /// `--timezone`
    pub timezone: Option<String>,
}

/// One point in which a request and a definition differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The flag without its dashes.
    pub what: &'static str,
    /// What the checkpoint has.
    pub kept: String,
    /// What the run asks for.
    pub asked: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is {}, the run asks for {}", self.what, self.kept, self.asked)
    }
}

/// The gap of the program's origin: five minutes.
pub const DEFAULT_GAP: Gap = Gap::from_us(300 * 1_000_000);

impl DefinitionRequest {
    /// The definition of a new checkpoint, with the defaults where nothing is asked for.
    pub fn create(&self) -> Definition {
        let key = self.key.clone().unwrap_or_else(|| vec![ColumnRequest::Number(1)]);
        let time = self.time.clone().unwrap_or(ColumnRequest::Number(2));
        let by_name = key.iter().chain([&time]).any(|column| matches!(column, ColumnRequest::Name(_)));
        Definition {
            gap: self.gap.unwrap_or(DEFAULT_GAP),
            key: key.iter().map(ColumnRequest::unresolved).collect(),
            time: time.unresolved(),
            header: self.header.or(by_name.then_some(true)),
            delimiter: self.delimiter.unwrap_or(b','),
            time_format: self.time_format.clone().unwrap_or_else(|| "auto".to_owned()),
            timezone: self.timezone.clone().unwrap_or_else(|| "UTC".to_owned()),
        }
    }

    /// This request with everything that it leaves open taken from `kept`.
    #[must_use]
    pub fn over(&self, kept: &Definition) -> Self {
        Self {
            gap: self.gap.or(Some(kept.gap)),
            key: self.key.clone().or_else(|| kept.key.iter().map(Column::request).collect()),
            time: self.time.clone().or_else(|| kept.time.request()),
            header: self.header.or(kept.header),
            delimiter: self.delimiter.or(Some(kept.delimiter)),
            time_format: self.time_format.clone().or_else(|| Some(kept.time_format.clone())),
            timezone: self.timezone.clone().or_else(|| Some(kept.timezone.clone())),
        }
    }

    /// Every point in which this request differs from `kept`; empty means that the run may go on.
    pub fn differences(&self, kept: &Definition) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut differ = |what, kept: String, asked: String| found.push(Difference { what, kept, asked });
        if let Some(gap) = self.gap.filter(|&gap| gap != kept.gap) {
            differ("gap", gap_text(kept.gap), gap_text(gap));
        }
        if let Some(key) = self.key.as_ref().filter(|key| !same_columns(key, &kept.key)) {
            differ("key", columns_text(&kept.key), requests_text(key));
        }
        if let Some(time) = self.time.as_ref().filter(|time| !time.names(&kept.time)) {
            differ("time", columns_text(std::slice::from_ref(&kept.time)), time.to_string());
        }
        if let (Some(asked), Some(kept)) = (self.header, kept.header)
            && asked != kept
        {
            differ("header", yes_no(kept).into(), yes_no(asked).into());
        }
        if let Some(delimiter) = self.delimiter.filter(|&delimiter| delimiter != kept.delimiter) {
            differ(
                "delimiter",
                kept.delimiter.escape_ascii().to_string(),
                delimiter.escape_ascii().to_string(),
            );
        }
        if let Some(format) = self.time_format.as_ref().filter(|format| **format != kept.time_format) {
            differ("time-format", kept.time_format.clone(), format.clone());
        }
        if let Some(zone) = self.timezone.as_ref().filter(|zone| **zone != kept.timezone) {
            differ("timezone", kept.timezone.clone(), zone.clone());
        }
        found
    }
}

fn same_columns(asked: &[ColumnRequest], kept: &[Column]) -> bool {
    asked.len() == kept.len() && asked.iter().zip(kept).all(|(request, column)| request.names(column))
}

fn yes_no(header: bool) -> &'static str {
    if header { "yes" } else { "no" }
}

/// A gap as people write it: `5m`, `1h 30m`.
pub fn gap_text(gap: Gap) -> String {
    humantime::format_duration(std::time::Duration::from_micros(gap.us().unsigned_abs())).to_string()
}

/// Columns by name where they have one, else by number.
pub fn columns_text(columns: &[Column]) -> String {
    let text = |column: &Column| match (&column.name, column.position) {
        (Some(name), _) => name.clone(),
        (None, Some(position)) => (position + 1).to_string(),
        (None, None) => "?".to_owned(),
    };
    columns.iter().map(text).collect::<Vec<_>>().join(",")
}

fn requests_text(requests: &[ColumnRequest]) -> String {
    requests.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(change: impl FnOnce(&mut DefinitionRequest)) -> DefinitionRequest {
        let mut request = DefinitionRequest::default();
        change(&mut request);
        request
    }

    fn kept() -> Definition {
        Definition {
            key: vec![Column { position: Some(0), name: Some("user".into()) }],
            header: Some(true),
            ..DefinitionRequest::default().create()
        }
    }

    #[test]
    fn a_run_that_asks_for_nothing_differs_in_nothing() {
        assert_eq!(DefinitionRequest::default().differences(&kept()), []);
    }

    #[test]
    fn a_column_may_be_asked_for_by_the_number_or_the_name_that_it_had() {
        for column in ["1", "user"] {
            let request = asking(|r| r.key = Some(vec![ColumnRequest::read(column)]));
            assert_eq!(request.differences(&kept()), []);
        }
    }

    #[test]
    fn every_part_that_differs_is_listed() {
        let request = DefinitionRequest {
            gap: Some(Gap::from_us(1_800_000_000)),
            key: Some(vec![ColumnRequest::read("user"), ColumnRequest::read("shop")]),
            time: Some(ColumnRequest::read("3")),
            header: Some(false),
            delimiter: Some(b'\t'),
            time_format: Some("epoch-s".into()),
            timezone: Some("Europe/Paris".into()),
        };
        let listed: Vec<String> = request.differences(&kept()).iter().map(ToString::to_string).collect();
        assert_eq!(
            listed,
            [
                "gap is 5m, the run asks for 30m",
                "key is user, the run asks for user,shop",
                "time is 2, the run asks for 3",
                "header is yes, the run asks for no",
                "delimiter is ,, the run asks for \\t",
                "time-format is auto, the run asks for epoch-s",
                "timezone is UTC, the run asks for Europe/Paris",
            ]
        );
    }

    #[test]
    fn a_name_needs_a_header() {
        let request = asking(|r| r.time = Some(ColumnRequest::read("ts")));
        assert_eq!(request.create().header, Some(true));
        assert_eq!(DefinitionRequest::default().create().header, None);
    }

    #[test]
    fn keys_without_names_are_numbered_only_where_there_are_several() {
        let of = |columns: &str| {
            let key = columns.split(',').map(ColumnRequest::read).collect();
            asking(|r| r.key = Some(key)).create().key_names()
        };
        assert_eq!(of("1"), ["key"]);
        assert_eq!(of("1,3"), ["key_1", "key_2"]);
        assert_eq!(of("user,3"), ["user", "key_2"]);
    }
}
