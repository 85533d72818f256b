//! Lines of the load balancers of AWS: values between spaces, in quotes where they may hold some.

use super::line::{Fields, MISSING, is_count};
use super::quoted::quoted;
use super::request::request;

/// What the first value of a line of an application load balancer may be. A classic one has no such value.
const KINDS: [&[u8]; 6] = [b"http", b"https", b"h2", b"grpcs", b"ws", b"wss"];

/// Values behind the kind, up to the user agent: what both kinds of balancer have.
const COMMON_VALUES: usize = 13;
/// Values between the user agent and the domain.
const BEFORE_DOMAIN: usize = 4;

/// Reads `line`; `None` if no load balancer has written it.
pub(super) fn read(line: &[u8]) -> Option<Fields<'_>> {
    let (kind, behind) = value(line)?;
    let is_application = KINDS.contains(&kind);
    let mut values = Values { rest: if is_application { behind } else { line } };
    let [time, _, client, _, _, _, _, status, _, _, bytes, request_line, user_agent] =
        values.next_values::<COMMON_VALUES>()?;
    let vhost = if is_application { values.nth(BEFORE_DOMAIN)? } else { MISSING };
    if !time.first()?.is_ascii_digit() || !is_count(status) || !is_count(bytes) {
        return None;
    }
    let [method, path, protocol] = request(request_line);
    let remote_host = without_port(client)?;
    Some([
        remote_host,
        MISSING,
        MISSING,
        time,
        method,
        path,
        protocol,
        status,
        bytes,
        MISSING,
        user_agent,
        vhost,
    ])
}

/// The values of a line, one after the other.
struct Values<'l> {
    rest: &'l [u8],
}

impl<'l> Values<'l> {
    fn next_values<const N: usize>(&mut self) -> Option<[&'l [u8]; N]> {
        let mut values = [&b""[..]; N];
        for place in &mut values {
            *place = self.next()?;
        }
        Some(values)
    }
}

impl<'l> Iterator for Values<'l> {
    type Item = &'l [u8];

    fn next(&mut self) -> Option<&'l [u8]> {
        let (value, rest) = value(self.rest)?;
        self.rest = rest;
        Some(value)
    }
}

/// The first value of `text` without its quotes, and what stands behind the space that follows it.
fn value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (value, rest) = if text.starts_with(b"\"") {
        quoted(text)?
    } else {
        text.split_at(memchr::memchr(b' ', text).unwrap_or(text.len()))
    };
    (!text.is_empty()).then(|| (value, rest.strip_prefix(b" ").unwrap_or(rest)))
}

/// The address of `client`, behind whose last colon stands its port.
fn without_port(client: &[u8]) -> Option<&[u8]> {
    let (address, port) = client.split_at(memchr::memrchr(b':', client)?);
    let is_port = port.len() > 1 && port[1..].iter().all(u8::is_ascii_digit);
    let address =
        address.strip_prefix(b"[").and_then(|address| address.strip_suffix(b"]")).unwrap_or(address);
    (is_port && !address.is_empty()).then_some(address)
}
