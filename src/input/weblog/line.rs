//! The parts of a line of an access log.

use super::quoted::quoted;
use super::request::request;

/// The columns, in the order of [`Fields`]. The names are those of the Apache documentation.
pub(super) const NAMES: [&str; 12] = [
    "remote_host",
    "ident",
    "user",
    "time",
    "method",
    "path",
    "protocol",
    "status",
    "bytes",
    "referer",
    "user_agent",
    "vhost",
];

/// The columns whose values stand in quotes, or are parts of such a value.
pub(super) const QUOTED: [usize; 5] = [4, 5, 6, 9, 10];

/// The values of a line in the order of [`NAMES`], as they stand there: see [`present`].
pub(super) type Fields<'l> = [&'l [u8]; NAMES.len()];

/// A value that is not there.
pub(super) const MISSING: &[u8] = b"";

/// Reads `line`, which has no line end: Common, Combined, either with a virtual host before it, either with anything behind it;
/// `None` if it is none of them. Escapes in quoted values are left as they are. The parts of the request are missing unless
/// `wants_request`.
pub(super) fn read(line: &[u8], wants_request: bool) -> Option<Fields<'_>> {
    let (client, time, rest) = split_at_time(line)?;
    let Client { vhost, remote_host, ident, user } = Client::read(client)?;
    let (line_of_request, rest) = quoted(rest)?;
    let (status, rest) = count(rest.strip_prefix(b" ")?)?;
    let (bytes, rest) = count(rest.strip_prefix(b" ")?)?;
    let [method, path, protocol] = if wants_request { request(line_of_request) } else { [MISSING; 3] };
    let [referer, user_agent] = agent(rest)?;
    Some([remote_host, ident, user, time, method, path, protocol, status, bytes, referer, user_agent, vhost])
}

/// Who has made the request of whom.
struct Client<'l> {
    vhost: &'l [u8],
    remote_host: &'l [u8],
    ident: &'l [u8],
    user: &'l [u8],
}

impl<'l> Client<'l> {
    /// Reads `host ident user`, or `vhost host ident user`. The name of a user may hold spaces where the ident before it is
    /// missing, as it always is today.
    fn read(text: &'l [u8]) -> Option<Self> {
        let (first, rest) = address(text);
        let rest = rest.strip_prefix(b" ")?;
        let (second, behind) = word(rest);
        let behind = behind.strip_prefix(b" ")?;
        let has_vhost = second != b"-" && memchr::memchr(b' ', behind).is_some();
        let client = if has_vhost {
            let (remote_host, rest) = address(rest);
            let (ident, rest) = word(rest.strip_prefix(b" ")?);
            Self { vhost: first, remote_host, ident, user: rest.strip_prefix(b" ")? }
        } else {
            Self { vhost: MISSING, remote_host: first, ident: second, user: behind }
        };
        let is_one_word = || memchr::memchr(b' ', client.user).is_none();
        let is_whole = !client.remote_host.is_empty() && !client.ident.is_empty() && !client.user.is_empty();
        (is_whole && (client.ident == b"-" || is_one_word())).then_some(client)
    }
}

/// What stands before the time of `line`, in its brackets, and from the quote of the request on. The name of a user may have
/// brackets too.
fn split_at_time(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    memchr::memchr_iter(b'[', line).find_map(|at| {
        let (client, time) = (line[..at].strip_suffix(b" ")?, &line[at + 1..]);
        let end = memchr::memchr(b']', time)?;
        let rest = time[end + 1..].strip_prefix(b" ").filter(|rest| rest.starts_with(b"\""))?;
        time[0].is_ascii_digit().then_some((client, &time[..end], rest))
    })
}

/// The bytes up to the next space or the end, and the rest. Most such words have a few bytes.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|&byte| byte == b' ').unwrap_or(text.len()))
}

/// An address, or those of a client and the proxies before it, joined by a comma and a space.
fn address(text: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    loop {
        end += word(&text[end..]).0.len();
        if end == text.len() || !text[..end].ends_with(b",") {
            return text.split_at(end);
        }
        end += 1;
    }
}

/// The word at the beginning of `text`, and the rest; `None` if it is no number and not missing.
fn count(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match text.get(digits) {
        None | Some(b' ') if digits > 0 => Some(text.split_at(digits)),
        Some(b'-') if digits == 0 && matches!(text.get(1), None | Some(b' ')) => Some(text.split_at(1)),
        _ => None,
    }
}

/// Whether `word` is a number, or missing.
pub(super) fn is_count(word: &[u8]) -> bool {
    word == b"-" || (!word.is_empty() && word.iter().all(u8::is_ascii_digit))
}

/// Referer and user agent, if both stand right behind the number of bytes. Whatever else stands there has no name.
fn agent(rest: &[u8]) -> Option<[&[u8]; 2]> {
    let Some(rest) = rest.strip_prefix(b" ").filter(|rest| rest.starts_with(b"\"")) else {
        return Some([MISSING; 2]);
    };
    let (referer, rest) = quoted(rest)?;
    match rest.strip_prefix(b" ").filter(|rest| rest.starts_with(b"\"")) {
        Some(rest) => quoted(rest).map(|(user_agent, _)| [referer, user_agent]),
        None => Some([MISSING; 2]),
    }
}

/// The value of a field, empty where that stands for a missing one.
pub(super) fn present(value: &[u8]) -> &[u8] {
    if matches!(value, b"-" | b"\"\"") { MISSING } else { value }
}
