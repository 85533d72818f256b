//! A real server of the S3 protocol, its buckets, and a program that reads from it.
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

use crate::proxy::Proxy;
use crate::support::{Finished, Folder};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
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

struct Server {
    port: u16,
    /// It ends when its standard input does.
    _child: Child,
}

/// One server for all tests.
fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(start).as_ref()
}

fn start() -> Option<Server> {
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

/// A bucket of its own for each test, a proxy before it, and a folder in which the program runs.
pub struct Bucket {
    pub name: String,
    pub proxy: Proxy,
    pub folder: Folder,
    port: u16,
}

impl Bucket {
    /// An empty one; `None` where there is no server.
    pub fn new() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        Self::named(format!("logs-{}", COUNT.fetch_add(1, Ordering::Relaxed)))
    }

    /// An empty one of this name, which no other test has; `None` where there is no server.
    pub fn named(name: String) -> Option<Self> {
        let port = server()?.port;
        let bucket = Self { proxy: Proxy::before(port), folder: Folder::in_memory(), name, port };
        assert!(request(port, "PUT", &format!("/{}", bucket.name), b"").starts_with("HTTP/1.1 200"));
        Some(bucket)
    }

    /// Puts an object into it, past the proxy.
    pub fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        put(self.port, &self.name, name, content.as_ref());
    }

    /// Something that puts an object into it later.
    pub fn later_put(&self, name: &str, content: &str) -> impl Fn() + Send + use<> {
        let (port, bucket, name, content) =
            (self.port, self.name.clone(), name.to_owned(), content.to_owned());
        move || put(port, &bucket, &name, content.as_bytes())
    }

    /// Something that removes an object from it later.
    pub fn later_delete(&self, name: &str) -> impl Fn() + Send + use<> {
        let (port, path) = (self.port, format!("/{}/{name}", self.name));
        move || assert!(request(port, "DELETE", &path, b"").starts_with("HTTP/1.1 204"))
    }

    /// The URL of `name`, which may be a pattern.
    pub fn url(&self, name: &str) -> String {
        format!("s3://{}/{name}", self.name)
    }

    /// The URL by which any web client finds `name`.
    pub fn web_url(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{}/{name}", self.proxy.port, self.name)
    }

    /// The program, not started yet, with the store behind the proxy.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.folder.command(arguments);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.proxy.port))
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_ACCESS_KEY_ID", "somebody")
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
            .env("AWS_REGION", "us-east-1");
        command
    }

    pub fn sessionize(&self, arguments: &[&str]) -> Finished {
        Finished::of(self.command(arguments), b"")
    }

    /// A run of what fits `pattern`, with its report.
    #[track_caller]
    pub fn run(&self, pattern: &str) -> serde_json::Value {
        self.sessionize(&["run", "--report", "json", "--batch", &self.url(pattern)]).expect_code(0).json()
    }

    /// The output files of sessions after a finalize.
    #[track_caller]
    pub fn finalized(&self) -> Sessions {
        finalized(&self.folder)
    }
}

/// Output files of sessions.
pub type Sessions = std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>;

/// The output files of sessions in `folder` after a finalize.
#[track_caller]
pub fn finalized(folder: &Folder) -> Sessions {
    folder.sessionize(&["finalize"]).expect_code(0);
    folder.files(&format!("{}/sessions", crate::support::OUT))
}

/// What runs over local files give, a run for each of the `batches`, after a finalize.
#[track_caller]
pub fn local(batches: &[&[(&str, &[u8])]]) -> Sessions {
    let folder = Folder::in_memory();
    for batch in batches {
        let mut arguments = vec!["run", "--batch"];
        for (name, content) in *batch {
            folder.write(name, content);
            arguments.push(name);
        }
        folder.sessionize(&arguments).expect_code(0);
    }
    finalized(&folder)
}

fn put(port: u16, bucket: &str, name: &str, content: &[u8]) {
    let answer = request(port, "PUT", &format!("/{bucket}/{name}"), content);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Makes a request with a signature that this server does not look at.
fn request(port: u16, method: &str, path: &str, content: &[u8]) -> String {
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
    String::from_utf8_lossy(&answer).into_owned()
}

/// A log of so many rows from this second of 2020 on; of several megabytes where that is many.
pub fn log(first_second: u32, rows: u32) -> String {
    use std::fmt::Write;
    let mut text = String::from("user,time,page\n");
    for row in 0..rows {
        let second = first_second + row * 7;
        let (day, second) = (1 + second / 86_400, second % 86_400);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        let user = row * 31 % 97;
        writeln!(text, "user-{user},2020-01-{day:02} {hour:02}:{minute:02}:{second:02},/page/{row}").unwrap();
    }
    text
}
