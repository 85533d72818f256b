//! `az://` against azurite, which speaks the protocol of Azure: npm install azurite; AZURITE names `azurite-blob`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on ends, and one that is skipped says so"
)]
#![allow(clippy::disallowed_methods, reason = "tests start servers and wait for them")]

use crate::deliver::expect_deliveries;
use crate::support::delivered::Contents;
use crate::support::{Finished, Folder};
use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The server, which ends with it.
struct Azurite(Child, u16);

impl Drop for Azurite {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// `azure.py` with these words.
fn script(port: u16, words: &[&str]) -> Vec<u8> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cloud/azure.py");
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let done = Command::new(python).arg(script).arg(port.to_string()).args(words).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

/// The server with the files of `azure.py`; `None` if it is not installed.
fn start() -> Option<Azurite> {
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut server = Command::new(std::env::var("AZURITE").unwrap_or_else(|_| "azurite-blob".to_owned()));
    server.args([
        "--silent",
        "--inMemoryPersistence",
        "--skipApiVersionCheck",
        "--blobPort",
        &port.to_string(),
    ]);
    let azurite = Azurite(server.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?, port);
    let is_there = |_: &u32| TcpStream::connect(("127.0.0.1", port)).is_ok();
    (0..600).inspect(|_| std::thread::sleep(Duration::from_millis(100))).find(is_there).unwrap();
    script(port, &[]);
    Some(azurite)
}

impl Azurite {
    fn environment(&self) -> [(&'static str, String); 3] {
        [
            ("AZURITE_BLOB_STORAGE_URL", format!("http://127.0.0.1:{}", self.1)),
            ("AZURE_STORAGE_USE_EMULATOR", "true".to_owned()),
            ("AZURE_ALLOW_HTTP", "true".to_owned()),
        ]
    }
}

#[test]
fn objects_of_azure_are_found_by_a_pattern_read_and_known() {
    let Some(azurite) = start() else {
        eprintln!(
            "!!!! OBJECTS OF AZURE WERE NOT CHECKED: npm install azurite (AZURITE names its azurite-blob) !!!!"
        );
        return;
    };
    let folder = Folder::new();
    let run = |url: &str, code: i32| {
        let mut command = folder.command(&["run", "--report", "json", "--batch", url]);
        command.envs(azurite.environment());
        Finished::of(command, b"").expect_code(code)
    };
    assert_eq!(run("az://logs/dt=2020-01-01/a.csv", 0).json()["rows_read"], 1);
    let report = run("az://logs/dt=*/*.csv", 0).json();
    assert_eq!((&report["rows_read"], &report["sessions_completed"]), (&1.into(), &1.into()));
    assert_eq!(report["files"][0]["status"], "known");
    assert_eq!(run("az://logs/dt=*/*.csv", 0).json()["status"], "nothing-to-do");
    let stderr = run("az://logs/b.csv", 66).stderr;
    assert!(
        stderr.contains("az://logs/b.csv: there is no such object; check the bucket and the name"),
        "{stderr}"
    );
}

#[test]
fn runs_are_delivered_to_azure_each_once() {
    // The test above says that it is missing.
    let Some(azurite) = start() else { return };
    expect_deliveries("az://logs/lake", &azurite.environment(), || {
        let found: BTreeMap<String, String> =
            serde_json::from_slice(&script(azurite.1, &["contents"])).unwrap();
        let decoded = |(name, content): (String, String)| {
            Some((name.strip_prefix("lake/")?.to_owned(), base64(content.as_bytes())))
        };
        found.into_iter().filter_map(decoded).collect::<Contents>()
    });
}

/// The bytes behind a text in base64.
fn base64(text: &[u8]) -> Vec<u8> {
    let value = |digit: &u8| {
        let digits = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']);
        digits.zip(0_u32..).find(|(other, _)| *other == char::from(*digit)).map(|(_, value)| value)
    };
    let mut bytes = Vec::new();
    for four in text.chunks(4) {
        let values: Vec<u32> = four.iter().map_while(value).collect();
        let bits = (0..4).fold(0, |bits, place| bits << 6 | values.get(place).copied().unwrap_or(0));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..values.len()]);
    }
    bytes
}
