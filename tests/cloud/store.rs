//! A real server of the S3 protocol, its buckets, and a program that reads from it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use crate::moto::{self, Server, put, request};
use crate::proxy::Proxy;
use crate::support::{Finished, Folder};
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// One server for all tests.
fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(moto::start).as_ref()
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
        moto::make_bucket(port, &bucket.name);
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

    /// All objects, asked for past the proxy.
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        let name_of = |key: &str| key.replace("&amp;", "&");
        let mut found = BTreeMap::new();
        let mut after = String::new();
        loop {
            let page = moto::get(self.port, &format!("/{}?list-type=2&start-after={after}", self.name));
            let page = String::from_utf8(page).unwrap();
            let keys: Vec<String> = page
                .split("<Key>")
                .skip(1)
                .map(|rest| name_of(rest.split("</Key>").next().unwrap()))
                .collect();
            let Some(last) = keys.last() else { return found };
            after.clone_from(last);
            for key in keys {
                let content = moto::get(self.port, &format!("/{}/{key}", self.name));
                found.insert(key, content);
            }
        }
    }

    /// Removes all objects, past the proxy.
    pub fn remove_all(&self) {
        for name in self.objects().into_keys() {
            self.later_delete(&name)();
        }
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
        command.envs(moto::environment(self.proxy.port));
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
