//! Servers that cannot be used, and machines that cannot fetch: a clear refusal, in time.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on ends, and one that is skipped says so"
)]
#![allow(clippy::disallowed_methods, reason = "tests make files and threads")]

use crate::support::{Finished, Folder};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A time limit that a test can wait for.
const SHORT: (&str, &str) = ("SESSIONIZE_STORE_TIMEOUT", "2s");

/// A server that gives each connection to `serve`; returns its port.
fn server(mut serve: impl FnMut(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().for_each(|stream| serve(stream.unwrap())));
    port
}

/// The program in an environment with `variables`, and with nothing of AWS besides.
#[track_caller]
fn refused(url: &str, variables: &[(&str, &str)], code: i32) -> String {
    let folder = Folder::new();
    let mut command = folder.command(&["run", "--batch", url]);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.env(SHORT.0, SHORT.1).envs(variables.iter().copied());
    let stderr = Finished::of(command, b"").expect_code(code).stderr;
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with(&format!("sessionize: {url}: ")), "{stderr}");
    stderr
}

/// Answers each request with `answer`, and closes the connection.
fn answering(answer: &'static str) -> u16 {
    server(move |mut stream| {
        let mut request = [0; 4096];
        let length = stream.read(&mut request).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let body = if request[..length].starts_with(b"HEAD") { "" } else { body };
        write!(stream, "{head}\r\n\r\n{body}").unwrap();
    })
}

#[test]
fn a_file_whose_length_nobody_says_is_refused_with_a_way_on() {
    for answer in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\na,1\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\na,1",
    ] {
        let stderr = refused(&format!("http://127.0.0.1:{}/a.csv", answering(answer)), &[], 66);
        assert!(stderr.contains("the server does not say how long the file is"), "{stderr}");
        assert!(stderr.contains("curl URL | sessionize run --batch -"), "{stderr}");
    }
}

#[test]
fn without_credentials_a_machine_that_stays_silent_is_not_waited_for() {
    // Kept open, and never answered: as an address that nothing stands behind.
    let mut open = Vec::new();
    let port = server(move |stream| open.push(stream));
    let endpoint = format!("http://127.0.0.1:{port}");
    for url in ["s3://bucket/a.csv", "s3://bucket/*.csv"] {
        let stderr = refused(url, &[("AWS_METADATA_ENDPOINT", &endpoint)], 66);
        assert!(stderr.contains("did not give all of it within 2s"), "{stderr}");
        assert!(
            stderr.contains("without AWS_ACCESS_KEY_ID") && stderr.contains("AWS_SKIP_SIGNATURE"),
            "{stderr}"
        );
    }
}

#[test]
fn the_remedy_names_the_variables_of_the_store() {
    let stderr = refused("az://container/a.csv", &[("AZURE_STORAGE_ACCOUNT_NAME", "")], 66);
    assert!(stderr.contains("AZURE_STORAGE_ACCOUNT_NAME") && !stderr.contains("AWS"), "{stderr}");
    let stderr = refused("gs://bucket/a.csv", &[("GOOGLE_SERVICE_ACCOUNT", "/nowhere")], 66);
    assert!(stderr.contains("GOOGLE_APPLICATION_CREDENTIALS") && !stderr.contains("AWS"), "{stderr}");
}

#[test]
fn without_room_for_a_copy_the_error_names_the_folder() {
    let port = answering(
        "HTTP/1.1 200 OK\r\nContent-Length: 22\r\nConnection: close\r\n\r\nk,t\na,2020-01-01 00:00:",
    );
    let stderr = refused(&format!("http://127.0.0.1:{port}/a.csv"), &[("TMPDIR", "/nowhere")], 1);
    assert!(stderr.contains("cannot keep a copy of the object in a temporary file"), "{stderr}");
    assert!(stderr.contains("give TMPDIR a folder with enough space"), "{stderr}");
}

/// A server with TLS, which ends with it.
struct Tls(Child, u16);

impl Drop for Tls {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn openssl(folder: &Folder, arguments: &str) -> Option<bool> {
    let words = arguments.split(' ').map(|word| word.replace("DIR", folder.path("").to_str().unwrap()));
    let status = Command::new("openssl").args(words).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.ok().map(|status| status.success())
}

/// A server with a certificate of an authority of its own, whose file is `authority.pem`; `None` without openssl.
fn tls(folder: &Folder) -> Option<Tls> {
    folder.write("names", "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    for arguments in [
        "req -x509 -newkey rsa:2048 -nodes -keyout DIR/authority.key -out DIR/authority.pem -days 2 -subj /CN=authority",
        "req -newkey rsa:2048 -nodes -keyout DIR/server.key -out DIR/server.csr -subj /CN=localhost",
        "x509 -req -in DIR/server.csr -CA DIR/authority.pem -CAkey DIR/authority.key -CAcreateserial -extfile DIR/names -days 2 -out DIR/server.pem",
    ] {
        assert!(openssl(folder, arguments)?, "openssl {arguments}");
    }
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut server = Command::new("openssl");
    server.args(["s_server", "-quiet", "-www", "-accept", &port.to_string(), "-cert"]);
    server.arg(folder.path("server.pem")).arg("-key").arg(folder.path("server.key"));
    let child = server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let tls = Tls(child, port);
    let is_there = |_: &u32| TcpStream::connect(("127.0.0.1", port)).is_ok();
    (0..200).inspect(|_| std::thread::sleep(Duration::from_millis(20))).find(is_there).unwrap();
    Some(tls)
}

#[test]
fn a_server_that_nobody_vouches_for_is_refused_at_once() {
    let folder = Folder::new();
    let Some(tls) = tls(&folder) else {
        eprintln!(
            "!!!! CERTIFICATES OF SERVERS WERE NOT CHECKED: there is no openssl (apt-get install openssl) !!!!"
        );
        return;
    };
    let url = format!("https://localhost:{}/a.csv", tls.1);
    // The default limit of three minutes: nothing is repeated.
    let stderr = refused(&url, &[(SHORT.0, "3m")], 66);
    assert!(
        stderr.contains("the certificate of the server is not trusted: invalid peer certificate"),
        "{stderr}"
    );
    assert!(stderr.contains("SSL_CERT_FILE"), "{stderr}");
    let authority = folder.path("authority.pem");
    let stderr = refused(&url, &[("SSL_CERT_FILE", authority.to_str().unwrap())], 66);
    assert!(!stderr.contains("certificate"), "its authority is known: {stderr}");
}
