//! Lines as servers write them, by hand and at random, read back.

use super::*;
use crate::input::rows_read_back::{all_columns, read_back};
use proptest::prelude::*;

/// The values of a line that are there, by name, without their escapes.
fn values(line: &str) -> Option<Vec<(&'static str, String)>> {
    let fields = read(line.as_bytes(), true)?;
    let mut unescaped = Unescaped::default();
    let values = unescaped.values(line.as_bytes(), &fields);
    let values: Vec<&[u8]> =
        (0..NAMES.len()).map(|position| value(&fields, values.as_ref(), position)).collect();
    let named = NAMES.into_iter().zip(values).filter(|(_, value)| !value.is_empty());
    Some(named.map(|(name, value)| (name, String::from_utf8_lossy(value).into_owned())).collect())
}

#[track_caller]
fn assert_values(line: &str, expected: &[(&str, &str)]) {
    let found = values(line).unwrap();
    let mut expected: Vec<_> = expected.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    expected.sort_by_key(|(name, _)| NAMES.iter().position(|other| other == name));
    assert_eq!(found, expected, "{line}");
}

#[test]
fn common_and_combined() {
    let common = [
        ("remote_host", "127.0.0.1"),
        ("user", "frank"),
        ("time", "10/Oct/2000:13:55:36 -0700"),
        ("method", "GET"),
        ("path", "/apache_pb.gif"),
        ("protocol", "HTTP/1.0"),
        ("status", "200"),
        ("bytes", "2326"),
    ];
    let line = r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326"#;
    assert_values(line, &common);
    let agent = [
        ("referer", "http://www.example.com/start.html"),
        ("user_agent", "Mozilla/4.08 [en] (Win98; I ;Nav)"),
    ];
    let line = format!(r#"{line} "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)""#);
    assert_values(&line, &[&common[..], &agent].concat());
    for behind in [" 0.005", r#" "203.0.113.7""#, r#" "203.0.113.7, 10.0.0.1" rt=0.005 uct="-""#, " "] {
        assert_values(&format!("{line}{behind}"), &[&common[..], &agent].concat());
    }
    assert_values(
        &format!("www.example.com:443 {line}"),
        &[&[("vhost", "www.example.com:443")], &common[..], &agent].concat(),
    );
}

#[test]
fn hosts_users_and_requests_of_all_sorts() {
    let time = ("time", "01/Jan/2020:00:00:00 +0000");
    let rest = r#"[01/Jan/2020:00:00:00 +0000] "-" 400 0 "-" "-""#;
    for (client, expected) in [
        ("2001:db8::1 - -", &[("remote_host", "2001:db8::1")][..]),
        ("unix: - -", &[("remote_host", "unix:")]),
        ("192.0.2.1 - ann smith", &[("remote_host", "192.0.2.1"), ("user", "ann smith")]),
        ("192.0.2.1 - a [1]", &[("remote_host", "192.0.2.1"), ("user", "a [1]")]),
        ("192.0.2.1 joe ann", &[("remote_host", "192.0.2.1"), ("ident", "joe"), ("user", "ann")]),
        (r#"192.0.2.1 - """#, &[("remote_host", "192.0.2.1")]),
        ("192.0.2.1, 10.0.0.1 - -", &[("remote_host", "192.0.2.1, 10.0.0.1")]),
        ("shop 192.0.2.1 - a b", &[("vhost", "shop"), ("remote_host", "192.0.2.1"), ("user", "a b")]),
        ("shop 192.0.2.1, ::1 - -", &[("vhost", "shop"), ("remote_host", "192.0.2.1, ::1")]),
        ("- 192.0.2.1 - -", &[("remote_host", "192.0.2.1")]),
    ] {
        let others = [time, ("status", "400"), ("bytes", "0")];
        assert_values(&format!("{client} {rest}"), &[expected, &others].concat());
    }
    for (request, expected) in [
        (r"\x16\x03\x01\x02\x00\x01", &[][..]),
        (
            r#"GET /a?q=\"x\" HTTP/1.1"#,
            &[("method", "GET"), ("path", "/a?q=\"x\""), ("protocol", "HTTP/1.1")],
        ),
        (r"GET /\x22\x5C", &[("method", "GET"), ("path", "/\"\\")]),
    ] {
        let line = format!(r#"::1 - - [01/Jan/2020:00:00:00 +0000] "{request}" 400 -"#);
        assert_values(&line, &[&[("remote_host", "::1"), time, ("status", "400")], expected].concat());
    }
}

#[test]
fn load_balancers() {
    let line = concat!(
        "h2 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 10.0.1.252:48160 10.0.0.66:9000 ",
        r#"0.000 0.002 0.000 200 200 5 257 "GET https://10.0.2.105:773/ HTTP/2.0" "curl/7.46.0" "#,
        "ECDHE-RSA-AES256-GCM-SHA384 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/t/73e2 ",
        r#""Root=1-58337327-72bd00b0343d75b906739c42" "www.example.com" "-" 1 2018-07-02T22:22:48.364000Z "redirect""#
    );
    let expected = [
        ("remote_host", "10.0.1.252"),
        ("time", "2018-07-02T22:23:00.186641Z"),
        ("method", "GET"),
        ("path", "https://10.0.2.105:773/"),
        ("protocol", "HTTP/2.0"),
        ("status", "200"),
        ("bytes", "257"),
        ("user_agent", "curl/7.46.0"),
    ];
    assert_values(line, &[&expected[..], &[("vhost", "www.example.com")]].concat());
    let client = |client: &str| {
        let line = line.replace("10.0.1.252:48160", client);
        values(&line).map(|values| values[0].1.clone())
    };
    assert_eq!(client("[2001:db8::1]:48160"), Some("2001:db8::1".to_owned()));
    assert_eq!(client("2001:db8::1:48160"), Some("2001:db8::1".to_owned()));
    assert_eq!((client("-"), client(":1"), client("10.0.1.252:")), (None, None, None));
    let classic = concat!(
        "2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 ",
        r#"- - 0 0 "- - - " "-" - -"#
    );
    let expected =
        [("remote_host", "192.168.131.39"), ("time", "2015-05-13T23:39:43.945958Z"), ("bytes", "0")];
    assert_values(classic, &expected);
}

#[test]
fn what_is_no_line_of_an_access_log() {
    let good = r#"::1 - - [01/Jan/2020:00:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "Mozilla""#;
    assert!(values(good).is_some());
    for (from, to) in [
        ("::1 - -", "::1 -"),
        ("::1 - -", "::1  -"),
        ("::1 - -", "shop ::1 joe ann smith"),
        (" [01", " (01"),
        ("[01", "[Jan"),
        ("+0000]", "+0000"),
        ("\"GET", "GET"),
        ("1.1\"", "1.1"),
        (" 200", ""),
        (" 5", " x"),
        ("\"Mozilla\"", "\"Mozilla"),
        ("\"Mozilla\"", "\"Mo\"zilla\""),
        ("\"Mozilla\"", r#""Mozilla\""#),
        ("\"-\"", "\"-"),
    ] {
        let line = good.replacen(from, to, 1);
        assert_ne!(line, good);
        assert_eq!(values(&line), None, "{line}");
    }
    for line in ["", "-", "user_id,timestamp", "ann,2020-01-01 00:00:00", "[1", "\"", "h2 x", "::1 - - ["] {
        assert_eq!(values(line), None, "{line}");
    }
}

#[test]
fn an_access_log_is_known_by_most_of_its_first_lines() {
    let line = r#"::1 - - [01/Jan/2020:00:00:00 +0000] "GET / HTTP/1.1" 200 5"#;
    let fits = |text: String, options: &FormatOptions| WebLog::fits(text.as_bytes(), options);
    let none = FormatOptions::default();
    assert!(fits(line.to_owned(), &none) && fits(format!("\u{feff}\r\n{line}\r\n"), &none));
    assert!(fits(format!("started\n{line}\n{line}\n"), &none));
    for text in [String::new(), format!("started\n{line}\n"), "a,1\n".to_owned(), line.replace(' ', ",")] {
        assert!(!fits(text, &none));
    }
    let cut_at = |delimiter: &str| [("delimiter".to_owned(), delimiter.to_owned())].into_iter().collect();
    assert!(fits(line.to_owned(), &cut_at(",")) && !fits(line.to_owned(), &cut_at(" ")));
    let whole = format!("{line}\n").repeat(detect::BEGINNING_BYTES / line.len() + 1);
    assert!(WebLog::fits(&whole.as_bytes()[..detect::BEGINNING_BYTES], &none));
}

/// A row, and the form in which it is written.
#[derive(Debug, Clone)]
struct LoggedRow {
    values: [String; NAMES.len()],
    is_combined: bool,
    behind: &'static str,
    /// Whether a quote is written as nginx does.
    in_hexadecimal: bool,
}

impl LoggedRow {
    fn line(&self) -> String {
        let [host, ident, user, time, method, path, protocol, status, bytes, referer, agent, vhost] =
            &self.values;
        let or_dash = |value: &str| if value.is_empty() { "-".to_owned() } else { value.to_owned() };
        let vhost = if vhost.is_empty() { String::new() } else { format!("{vhost} ") };
        let request = if method.is_empty() {
            "\\x16\\x03".to_owned()
        } else {
            [method, path, protocol].map(|part| self.escaped(part)).join(" ").trim_end_matches(' ').to_owned()
        };
        let [ident, user, bytes] = [ident, user, bytes].map(|value| or_dash(value));
        let common = format!("{vhost}{host} {ident} {user} [{time}] \"{request}\" {status} {bytes}");
        let line = if self.is_combined {
            let [referer, agent] = [referer, agent].map(|value| self.escaped(&or_dash(value)));
            format!("{common} \"{referer}\" \"{agent}\"")
        } else {
            common
        };
        line + self.behind
    }

    fn escaped(&self, value: &str) -> String {
        let (quote, backslash) = if self.in_hexadecimal { ("\\x22", "\\x5C") } else { ("\\\"", "\\\\") };
        value.replace('\\', backslash).replace('"', quote).replace('\n', "\\n").replace('ä', "\\xc3\\xa4")
    }
}

fn logged_row() -> impl Strategy<Value = LoggedRow> {
    let text = "[a-z/\"\\\\\nä;]{1,8}";
    let hosts = prop::sample::select(vec!["192.0.2.1", "2001:db8::1", "a.example", "192.0.2.1, 10.0.0.1"]);
    let users = prop::sample::select(vec!["", "ann", "ann smith"]);
    let vhosts = prop::sample::select(vec!["", "", "shop:80"]);
    let requests = prop_oneof![
        Just([String::new(), String::new(), String::new()]),
        text.prop_map(|path| ["GET".to_owned(), format!("/{path}"), "HTTP/1.1".to_owned()]),
        text.prop_map(|path| ["POST".to_owned(), format!("/{path} x"), "HTTP/2.0".to_owned()]),
        text.prop_map(|path| ["GET".to_owned(), format!("/{path}"), String::new()]),
    ];
    let agents = prop::option::of(["|[a-z \"\\\\ä]{2,8}", "[a-z \"\\\\ä]{2,8}"]);
    let behind = prop::sample::select(vec!["", "", " 0.005", " 0.005 \"10.0.0.1\" x", " "]);
    (
        (hosts, users, vhosts),
        0_u32..86_400,
        requests,
        (100_u32..600, "|[0-9]{1,9}"),
        agents,
        behind,
        any::<bool>(),
    )
        .prop_map(
            |(
                (host, user, vhost),
                second,
                [method, path, protocol],
                (status, bytes),
                agents,
                behind,
                in_hexadecimal,
            )| {
                let clock = format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60);
                let is_combined = agents.is_some();
                let [referer, agent] = agents.unwrap_or_default();
                let own = [host, "", user].map(str::to_owned);
                let [host, ident, user] = own;
                let time = format!("09/Feb/2021:{clock} +0130");
                let values = [
                    host,
                    ident,
                    user,
                    time,
                    method,
                    path,
                    protocol,
                    status.to_string(),
                    bytes,
                    referer,
                    agent,
                    vhost.to_owned(),
                ];
                LoggedRow { values, is_combined, behind, in_hexadecimal }
            },
        )
}

proptest! {
    #[test]
    fn rows_are_read_back_whatever_the_blocks(
        rows in prop::collection::vec(logged_row(), 1..30),
        block_bytes in 1_usize..500,
        line_end in prop::sample::select(vec!["\n", "\r\n", "\n\n"]),
        ends in any::<bool>(),
    ) {
        let mut text = rows.iter().map(LoggedRow::line).collect::<Vec<_>>().join(line_end);
        text += if ends { line_end } else { "" };
        let log = WebLog::new(all_columns(0, vec![3], NAMES.len()));
        let found = read_back(&log, BlockReader::new(text.as_bytes(), LineEnds).with_blocks_of(block_bytes));
        let mut expected: Vec<Vec<Vec<u8>>> =
            rows.iter().map(|row| row.values.iter().map(|value| value.as_bytes().to_vec()).collect()).collect();
        expected.sort();
        prop_assert_eq!(found.others, vec![]);
        prop_assert_eq!(found.accepted, expected);
    }

    #[test]
    fn key_and_time_alone_are_those_of_all_columns(
        rows in prop::collection::vec(logged_row(), 1..30),
        noise in "[\\[\\]\"\\\\ :1a-]{0,40}",
    ) {
        let mut lines: Vec<String> = rows.iter().map(LoggedRow::line).collect();
        lines.insert(rows.len() / 2, noise);
        let text = lines.join("\n");
        let read = |columns| read_back(&WebLog::new(columns), BlockReader::new(text.as_bytes(), LineEnds));
        let all = read(all_columns(0, vec![3], NAMES.len()));
        let alone = read(Columns { key: vec![0], time: vec![3], ..Columns::default() });
        prop_assert_eq!((alone.events, alone.others), (all.events, all.others));
    }

    #[test]
    fn no_line_panics_or_is_lost(text in "[\\[\\]\"\\\\ :1a-]{0,40}|(::1 - - \\[01/Jan/2020:00:00:00 \\+0000\\] \".?\" 200 5[ \"\\\\a]{0,9}\n){0,3}") {
        let log = WebLog::new(all_columns(0, vec![3], NAMES.len()));
        read_back(&log, BlockReader::new(text.as_bytes(), LineEnds).with_blocks_of(20));
    }
}
