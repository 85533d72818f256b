//! Rows of which nothing but one column of the key and one of the time is wanted: most rows of most runs.

use super::line_end::trim_return;
use super::schema::Schema;

/// Where key and time stand in such rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct CommonRows {
    pub(super) key: usize,
    pub(super) time: usize,
    pub(super) fields: usize,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct CommonRow<'b> {
    pub(super) key: &'b [u8],
    pub(super) time: &'b [u8],
    /// Where its newline stands.
    pub(super) end: usize,
}

impl CommonRows {
    /// The rows of a file like `schema`; `None` where more is wanted of them.
    pub(super) fn of(schema: &Schema) -> Option<Self> {
        let (key, time) = schema.columns.key_and_time()?;
        (key.max(time) < schema.fields).then_some(Self { key, time, fields: schema.fields })
    }

    /// The row at `start` in `bytes`, if it ends in a newline and has as many fields as it should have, and what is left of `ends`
    /// behind it, where the fields end from `start` on.
    #[inline]
    pub(super) fn first<'b, 'e>(
        self,
        bytes: &'b [u8],
        start: usize,
        ends: &'e [u32],
    ) -> Option<(CommonRow<'b>, &'e [u32])> {
        let (of_row, rest) = ends.split_at_checked(self.fields)?;
        let (&end, inner) = of_row.split_last()?;
        let end = end as usize;
        let ends_line = |at: usize| bytes[at] == b'\n';
        if !ends_line(end) || inner.iter().any(|&at| ends_line(at as usize)) {
            return None;
        }
        let field = |position: usize| {
            let from = if position == 0 { start } else { inner[position - 1] as usize + 1 };
            match inner.get(position) {
                Some(&to) => &bytes[from..to as usize],
                None => trim_return(&bytes[from..end]),
            }
        };
        Some((CommonRow { key: field(self.key), time: field(self.time), end }, rest))
    }
}
