//! A real server of the S3 protocol, `moto_server` of Python, and requests to it past the program.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on ends, one that cannot begin says so"
)]
#![allow(clippy::disallowed_methods, reason = "waits for the server")]
#![allow(
    clippy::panic,
    clippy::zombie_processes,
    reason = "a server that does not answer ends the tests, and with them itself"
)]
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Serves until the one who has started it is gone, whatever has ended that.
const SERVE: &str = "import os, sys, threading
def end():
    sys.stdin.read()
    os._exit(0)
threading.Thread(target=end, daemon=True).start()
from moto.server import main
main(['-H', '127.0.0.1', '-p', sys.argv[1]])";

const MISSING: &str = "!!!! BATCHES FROM OBJECT STORES WERE NOT CHECKED: pip install 'moto[server]' (PYTHON names the interpreter) !!!!";

const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=somebody/20200101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";

/// What nobody may ever see.
pub const SECRET: &str = "the-secret-of-all-secrets";

/// A running server.
pub struct Server {
    pub port: u16,
    /// It ends when its standard input does.
    _child: Child,
}

/// Starts one; `None` where there is none on this machine.
pub fn start() -> Option<Server> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&python).args(["-c", "import moto.server"]).stderr(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        eprintln!("{MISSING}");
        return None;
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new(python);
    command.args(["-c", SERVE, &port.to_string()]).stdin(Stdio::piped());
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..600 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some(Server { port, _child: child });
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("moto_server does not answer")
}

/// The environment of a program that speaks with whoever listens at this port.
pub fn environment(port: u16) -> [(&'static str, String); 5] {
    [
        ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}")),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
        ("AWS_ACCESS_KEY_ID", "somebody".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
    ]
}

/// Makes an empty bucket.
pub fn make_bucket(port: u16, name: &str) {
    let answer = request(port, "PUT", &format!("/{name}"), b"");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Puts an object.
pub fn put(port: u16, bucket: &str, name: &str, content: &[u8]) {
    let answer = request(port, "PUT", &format!("/{bucket}/{name}"), content);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Makes a request with a signature that this server does not look at.
pub fn request(port: u16, method: &str, path: &str, content: &[u8]) -> String {
    String::from_utf8_lossy(&answer(port, method, path, content)).into_owned()
}

fn answer(port: u16, method: &str, path: &str, content: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let length = content.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {AUTHORIZATION}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    stream.write_all(content).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

/// The body of what stands at a path.
pub fn get(port: u16, path: &str) -> Vec<u8> {
    let answer = answer(port, "GET", path, b"");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    let body = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    answer[body..].to_vec()
}
