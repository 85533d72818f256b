//! Columns of batch files: as requested, and as the first file shows them.

/// The column that rules may name in any source with a name: its value is that name.
pub const SOURCE_COLUMN: &str = "source";

/// A column of the batch files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its position in the first file, from 0; `None` until a file has shown it.
    pub position: Option<u32>,
    /// Its name in the header; `None` without a header, or if the name is not unique.
    pub name: Option<String>,
}

impl Column {
    /// A column that is not named: the format of the first file decides it.
    pub(super) const OPEN: Self = Self { position: None, name: None };

    /// Whether a rule means the name of the source by it. A column that a file has shown was requested by its number, even if
    /// it has that name.
    pub fn is_name_of_source(&self) -> bool {
        self.position.is_none() && self.name.as_deref() == Some(SOURCE_COLUMN)
    }

    /// The request that this column answers.
    pub(super) fn request(&self) -> Option<ColumnRequest> {
        let number = || self.position.map(|position| ColumnRequest::Number(position + 1));
        self.name.clone().map(ColumnRequest::Name).or_else(number)
    }
}

/// A requested column: by 1-based number or by header name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnRequest {
    /// The 1-based number of the column.
    Number(u32),
    /// The name in the header.
    Name(String),
}

impl ColumnRequest {
    /// Parses a number or a name.
    pub fn read(text: &str) -> Self {
        match text.parse() {
            Ok(number) if number > 0 => Self::Number(number),
            _ => Self::Name(text.to_owned()),
        }
    }

    /// The column before any file was read.
    pub fn unresolved(&self) -> Column {
        match self {
            Self::Number(number) => Column { position: Some(number - 1), name: None },
            Self::Name(name) => Column { position: None, name: Some(name.clone()) },
        }
    }

    /// Whether this request gives, or could have given, `column`.
    pub fn names(&self, column: &Column) -> bool {
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

/// Columns by name if they have one, otherwise by number.
pub fn columns_text(columns: &[Column]) -> String {
    let text = |column: &Column| match (&column.name, column.position) {
        (Some(name), _) => name.clone(),
        (None, Some(position)) => (position + 1).to_string(),
        (None, None) => "not named yet".to_owned(),
    };
    columns.iter().map(text).collect::<Vec<_>>().join(",")
}

/// Requests as they were given.
pub(super) fn requests_text(requests: &[ColumnRequest]) -> String {
    requests.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Whether each request names the column at its place, and there are no others.
pub(super) fn same_columns(asked: &[ColumnRequest], kept: &[Column]) -> bool {
    asked.len() == kept.len() && asked.iter().zip(kept).all(|(request, column)| request.names(column))
}
