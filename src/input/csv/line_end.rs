//! Rows without their line ends: LF, or CRLF.

/// A line without the carriage return of its line end.
#[inline]
pub(super) fn trim_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// A row without its line end.
pub(super) fn trim_line_end(raw: &[u8]) -> &[u8] {
    trim_return(raw.strip_suffix(b"\n").unwrap_or(raw))
}

/// The same behind blank lines.
pub(super) fn trim_row(raw: &[u8]) -> &[u8] {
    let blank = raw.iter().take_while(|&&byte| byte == b'\n').count();
    trim_line_end(&raw[blank..])
}
