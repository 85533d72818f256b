//! Common rows whose fields may be in quotes.

use super::common_row::{CommonRow, CommonRows};
use super::line_end::trim_return;

/// A field of such a row.
#[derive(Debug, Clone, Copy)]
struct QuotedField<'b> {
    /// What stands in it, without its quotes; `None` if a quote in it is doubled.
    content: Option<&'b [u8]>,
    /// How many marks belong to it, the one that ends it included.
    marks: usize,
    /// Where that stands.
    end: usize,
}

impl CommonRows {
    /// As [`CommonRows::first`], for fields that may be in quotes. `marks` are where delimiters, newlines and quotes stand from `start`
    /// on. `None` also where a quote stands in the middle of a field, a line end in a field that is wanted or not, and a doubled quote
    /// in one that is wanted.
    #[inline]
    pub(super) fn first_quoted<'b, 'e>(
        self,
        bytes: &'b [u8],
        start: usize,
        mut marks: &'e [u32],
    ) -> Option<(CommonRow<'b>, &'e [u32])> {
        let (mut key, mut time, mut from) = (None, None, start);
        for position in 0..self.fields {
            let field = quoted_field(bytes, from, marks)?;
            let is_last = position + 1 == self.fields;
            if is_last != (bytes[field.end] == b'\n') {
                return None;
            }
            if position == self.key {
                key = field.content;
            }
            if position == self.time {
                time = field.content;
            }
            from = field.end + 1;
            marks = &marks[field.marks..];
        }
        Some((CommonRow { key: key?, time: time?, end: from - 1 }, marks))
    }
}

/// The field at `from`, up to a delimiter or a newline.
#[inline]
fn quoted_field<'b>(bytes: &'b [u8], from: usize, marks: &[u32]) -> Option<QuotedField<'b>> {
    let first = *marks.first()? as usize;
    if bytes[first] != b'"' {
        let content = &bytes[from..first];
        let content = if bytes[first] == b'\n' { trim_return(content) } else { content };
        return Some(QuotedField { content: Some(content), marks: 1, end: first });
    }
    if first != from {
        return None;
    }
    let (close, is_plain) = closing_mark(bytes, marks)?;
    let (close_at, end) = (marks[close] as usize, *marks.get(close + 1)? as usize);
    let is_ended = match &bytes[close_at + 1..end] {
        b"" => bytes[end] != b'"',
        b"\r" => bytes[end] == b'\n',
        _ => false,
    };
    let content = is_plain.then(|| &bytes[from + 1..close_at]);
    is_ended.then_some(QuotedField { content, marks: close + 2, end })
}

/// The number of the mark of the quote that closes the field whose quote is the first mark, and whether no quote in it is doubled.
#[inline]
fn closing_mark(bytes: &[u8], marks: &[u32]) -> Option<(usize, bool)> {
    let (mut number, mut is_plain) = (1, true);
    loop {
        let at = *marks.get(number)? as usize;
        match bytes[at] {
            b'"' if marks.get(number + 1).is_some_and(|&next| next as usize == at + 1)
                && bytes[at + 1] == b'"' =>
            {
                is_plain = false;
                number += 2;
            }
            b'"' => return Some((number, is_plain)),
            b'\n' => return None,
            _ => number += 1,
        }
    }
}
