//! The first line of a request.

/// Method, path and protocol; all are missing in what is no request: `-`, nothing, the bytes of another protocol.
pub(super) fn request(line: &[u8]) -> [&[u8]; 3] {
    let none = [&b""[..]; 3];
    let Some(space) = memchr::memchr(b' ', line) else { return none };
    let (method, rest) = (&line[..space], &line[space + 1..]);
    let is_method = method.first().is_some_and(u8::is_ascii_alphabetic)
        && method.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'-');
    // A path may hold spaces that somebody has not encoded.
    let (path, protocol) = match memchr::memrchr(b' ', rest) {
        Some(at) if rest[at + 1..].starts_with(b"HTTP/") => (&rest[..at], &rest[at + 1..]),
        _ => (rest, &b""[..]),
    };
    if is_method && !path.is_empty() { [method, path, protocol] } else { none }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> [&str; 3] {
        request(line.as_bytes()).map(|part| std::str::from_utf8(part).unwrap())
    }

    #[test]
    fn a_request_has_a_method_a_path_and_since_1_0_a_protocol() {
        assert_eq!(parts("GET /a?b=c HTTP/1.1"), ["GET", "/a?b=c", "HTTP/1.1"]);
        assert_eq!(parts("GET /"), ["GET", "/", ""]);
        assert_eq!(parts("POST /a b HTTP/2.0"), ["POST", "/a b", "HTTP/2.0"]);
        assert_eq!(parts("OPTIONS * HTTP/1.0"), ["OPTIONS", "*", "HTTP/1.0"]);
        assert_eq!(parts("M-SEARCH * HTTP/1.1"), ["M-SEARCH", "*", "HTTP/1.1"]);
    }

    #[test]
    fn what_is_no_request_has_no_parts() {
        for line in ["", "-", "\\x16\\x03\\x01", "GET", "GET ", "\\x16 /", " / HTTP/1.1", "- http://a:80- -"]
        {
            assert_eq!(parts(line), ["", "", ""], "{line}");
        }
    }
}
