//! A server of its own for the tests, on a socket and on TLS over loopback.

use crate::support::{Finished, Folder};
use postgres::{Client, NoTls};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// The password of the user `loader`, which nothing may print.
pub const PASSWORD: &str = "s3cret:pass\\word";

/// The name in the certificate of the server.
pub const HOST: &str = "db.test";

/// A running server. Dropping it stops it.
pub struct Server {
    folder: Folder,
    programs: PathBuf,
    pub port: u16,
    process: Mutex<Child>,
    databases: AtomicUsize,
}

/// The server that tests share while any of them runs; `None` where there is none on this machine.
pub fn shared() -> Option<Arc<Server>> {
    static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = shared.upgrade() {
        return Some(server);
    }
    let server = Arc::new(Server::start()?);
    *shared = Arc::downgrade(&server);
    Some(server)
}

/// Where the programs of the server are.
fn programs() -> Option<PathBuf> {
    let named = std::env::var_os("SESSIONIZE_TEST_POSTGRES").map(PathBuf::from);
    let installed = || {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
        let mut found: Vec<_> = versions.map(|version| version.unwrap().path().join("bin")).collect();
        found.sort();
        found.pop()
    };
    let found = named.or_else(installed).filter(|programs| programs.join("initdb").exists());
    if found.is_none() {
        eprintln!(
            "!!!! DELIVERY WAS NOT TESTED: there is no PostgreSQL here (apt-get install postgresql) !!!!"
        );
    }
    found
}

/// A command of the user who may run a server: root may not.
fn as_owner(program: &Path) -> Command {
    let is_root = rustix::process::getuid().is_root();
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

fn done(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Server {
    /// Makes and starts a server of its own.
    pub fn start() -> Option<Self> {
        let programs = programs()?;
        let folder = Folder::new();
        fs::set_permissions(folder.path(""), fs::Permissions::from_mode(0o755)).unwrap();
        let home = folder.path("server");
        fs::create_dir(&home).unwrap();
        make_certificates(&folder);
        if rustix::process::getuid().is_root() {
            done(Command::new("chown").arg("-R").arg("postgres").arg(&home));
        }
        let data = home.join("data");
        done(
            as_owner(&programs.join("initdb")).args(["-U", "postgres", "-A", "trust", "-N", "-D"]).arg(&data),
        );
        let rules = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n";
        fs::write(data.join("pg_hba.conf"), rules).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Mutex::new(spawn(&programs, &home, port));
        let server = Self { folder, programs, port, process, databases: AtomicUsize::new(0) };
        server.wait_until_ready();
        let user = format!("CREATE USER loader PASSWORD '{PASSWORD}'");
        server.client("postgres").batch_execute(&user).unwrap();
        Some(server)
    }

    fn home(&self) -> PathBuf {
        self.folder.path("server")
    }

    /// The file with the authority that has signed its certificate.
    pub fn authority(&self) -> PathBuf {
        self.folder.path("ca.pem")
    }

    /// One that has signed nothing.
    pub fn other_authority(&self) -> PathBuf {
        self.folder.path("other-ca.pem")
    }

    fn wait_until_ready(&self) {
        for _ in 0..600 {
            if self.try_client("postgres").is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the server does not start: {}", fs::read_to_string(self.home().join("log")).unwrap());
    }

    fn try_client(&self, database: &str) -> Result<Client, postgres::Error> {
        let mut config = postgres::Config::new();
        config.host_path(self.home()).port(self.port).user("postgres").dbname(database);
        config.connect(NoTls)
    }

    /// A connection of the tests.
    pub fn client(&self, database: &str) -> Client {
        self.try_client(database).unwrap()
    }

    /// A new empty database.
    pub fn database(&self) -> Database<'_> {
        let name = format!("d{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.client("postgres").batch_execute(&format!("CREATE DATABASE {name} OWNER loader")).unwrap();
        Database { server: self, name }
    }

    /// Ends it as a crash of the machine does, as far as it notices.
    pub fn crash(&self) {
        let mut process = self.process.lock().unwrap();
        signal(&process, "QUIT");
        process.wait().unwrap();
    }

    /// Starts it again.
    pub fn restart(&self) {
        *self.process.lock().unwrap() = spawn(&self.programs, &self.home(), self.port);
        self.wait_until_ready();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let process = self.process.get_mut().unwrap_or_else(PoisonError::into_inner);
        signal(process, "INT");
        let _ = process.wait();
    }
}

fn signal(process: &Child, name: &str) {
    let _ = Command::new("kill").arg(format!("-{name}")).arg(process.id().to_string()).status();
}

fn spawn(programs: &Path, home: &Path, port: u16) -> Child {
    let log = fs::File::create(home.join("log")).unwrap();
    let mut command = as_owner(&programs.join("postgres"));
    command.arg("-D").arg(home.join("data")).arg("-k").arg(home);
    for setting in [
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        "fsync=off".to_owned(),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", home.join("server.pem").display()),
        format!("ssl_key_file={}", home.join("server.key").display()),
    ] {
        command.arg("-c").arg(setting);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.spawn().unwrap()
}

/// An authority, the certificate that it gives the server, and another authority.
fn make_certificates(folder: &Folder) {
    for name in ["ca", "other-ca"] {
        let subject = format!("/CN={name}");
        let wanted = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", &subject];
        let (key, certificate) = (folder.path(&format!("{name}.key")), folder.path(&format!("{name}.pem")));
        done(Command::new("openssl").args(wanted).arg("-keyout").arg(key).arg("-out").arg(certificate));
    }
    done(
        Command::new("openssl")
            .args(["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=server", "-keyout"])
            .arg(folder.path("server/server.key"))
            .arg("-out")
            .arg(folder.path("server.csr")),
    );
    folder.write("extensions", format!("subjectAltName=DNS:{HOST}\nbasicConstraints=CA:FALSE\n"));
    done(
        Command::new("openssl")
            .args(["x509", "-req", "-days", "3650", "-CAcreateserial", "-in"])
            .arg(folder.path("server.csr"))
            .arg("-CA")
            .arg(folder.path("ca.pem"))
            .arg("-CAkey")
            .arg(folder.path("ca.key"))
            .arg("-extfile")
            .arg(folder.path("extensions"))
            .arg("-out")
            .arg(folder.path("server/server.pem")),
    );
}

/// A database of a server.
pub struct Database<'s> {
    server: &'s Server,
    pub name: String,
}

impl Database<'_> {
    /// Its address on the socket, as the user who may do anything.
    pub fn address(&self) -> String {
        let socket = self.server.home().display().to_string().replace('/', "%2F");
        format!("postgres:///{}?host={socket}&port={}&user=postgres", self.name, self.server.port)
    }

    /// Its address over TLS, as the user who has a password; `host` is where the certificate is held against.
    pub fn tls_address(&self, host: &str, parameters: &str) -> String {
        format!("postgres://loader@{host}:{}/{}?hostaddr=127.0.0.1&{parameters}", self.server.port, self.name)
    }

    pub fn client(&self) -> Client {
        self.server.client(&self.name)
    }

    /// A copy of it as it is now.
    pub fn copy(&self) -> Self {
        let copy = self.server.database();
        let mut client = self.server.client("postgres");
        client.batch_execute(&format!("DROP DATABASE {}", copy.name)).unwrap();
        client.batch_execute(&format!("CREATE DATABASE {} TEMPLATE {}", copy.name, self.name)).unwrap();
        copy
    }

    /// Delivers from `folder`.
    #[track_caller]
    pub fn deliver(&self, folder: &Folder, flags: &[&str]) -> Finished {
        folder.sessionize(&[&["deliver", "--to", &self.address()], flags].concat())
    }
}
