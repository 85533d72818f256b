//! Rows as texts.

use crate::core::rules::SIDE_COLUMNS;
use std::collections::HashSet;
use std::io;

/// A row as it would stand in CSV.
#[derive(Debug, Default)]
pub(in crate::input) struct RowText(Vec<u8>);

impl RowText {
    /// The row with these fields.
    ///
    /// # Errors
    /// None that memory gives.
    pub(in crate::input) fn of<'c>(&mut self, fields: impl Iterator<Item = &'c [u8]>) -> io::Result<&[u8]> {
        self.0.clear();
        let mut writer = csv::WriterBuilder::new().from_writer(&mut self.0);
        let written = writer.write_record(fields).and_then(|()| writer.flush().map_err(Into::into));
        written.map_err(io::Error::other)?;
        drop(writer);
        Ok(self.0.strip_suffix(b"\n").unwrap_or(&self.0))
    }
}

/// The names of columns as the header of a side output; empty where two columns would have one name.
pub(in crate::input) fn side_header(names: &[String]) -> Vec<u8> {
    let mut seen: HashSet<&str> = SIDE_COLUMNS.into_iter().collect();
    if !names.iter().all(|name| seen.insert(name)) {
        return Vec::new();
    }
    let mut text = RowText::default();
    text.of(names.iter().map(String::as_bytes)).map(<[u8]>::to_vec).unwrap_or_default()
}
