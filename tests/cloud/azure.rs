//! `az://` against azurite, which speaks the protocol of Azure: npm install azurite; AZURITE names `azurite-blob`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on ends, and one that is skipped says so"
)]
#![allow(clippy::disallowed_methods, reason = "tests start servers and wait for them")]

use crate::support::{Finished, Folder};
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
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cloud/azure.py");
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    assert!(Command::new(python).arg(script).arg(port.to_string()).status().unwrap().success());
    Some(azurite)
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
        command.env("AZURITE_BLOB_STORAGE_URL", format!("http://127.0.0.1:{}", azurite.1));
        command.env("AZURE_STORAGE_USE_EMULATOR", "true").env("AZURE_ALLOW_HTTP", "true");
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
