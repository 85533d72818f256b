//! TLS, passwords, and what a server refuses: one line with the way on, and no password in any of them.

use crate::published::expect_delivered;
use crate::server::{Database, HOST, PASSWORD, shared};
use crate::support::{Finished, Folder};
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn day() -> Folder {
    let folder = Folder::in_memory();
    folder.write("day.csv", "user,ts\nann,2020-01-01T00:00:00Z\nbob,2020-01-01T01:00:00Z\n");
    folder.sessionize(&["run", "day.csv"]).expect_code(0);
    folder
}

/// Delivers with these variables, and looks for the password in all that is said.
#[track_caller]
fn deliver(folder: &Folder, address: &str, variables: &[(&str, &str)]) -> Finished {
    let mut command = folder.command(&["-vv", "deliver", "--to", address]);
    for name in ["PGPASSWORD", "PGPASSFILE", "PGSSLMODE", "PGSSLROOTCERT", "PGUSER"] {
        command.env_remove(name);
    }
    command.env("HOME", folder.path("")).env("RUST_LOG", "trace").envs(variables.iter().copied());
    let finished = Finished::of(command, b"");
    for said in [&finished.stdout, &finished.stderr] {
        assert!(!said.contains("s3cret"), "{said}");
    }
    finished
}

/// The line of the error, behind those of the log.
fn line(finished: &Finished) -> &str {
    finished.stderr.lines().rfind(|line| line.starts_with("sessionize: ")).unwrap()
}

fn tls(database: &Database<'_>, host: &str, mode: &str, authority: &std::path::Path) -> String {
    database.tls_address(host, &format!("sslmode={mode}&sslrootcert={}", authority.display()))
}

#[test]
fn the_server_is_held_against_its_certificate_as_far_as_is_asked() {
    let Some(server) = shared() else { return };
    let folder = day();
    let password = [("PGPASSWORD", PASSWORD)];
    let database = server.database();
    let (own, other) = (server.authority(), server.other_authority());
    for address in [
        tls(&database, HOST, "verify-full", &own),
        tls(&database, "localhost", "verify-ca", &own),
        tls(&database, "localhost", "require", &own),
        database.tls_address("localhost", "sslmode=require"),
        database.tls_address("localhost", "sslmode=prefer"),
        database.tls_address("localhost", "application_name=x"),
    ] {
        let finished = deliver(&folder, &address, &password);
        assert_eq!(finished.code, Some(0), "{address}: {}", finished.stderr);
    }
    expect_delivered(&database, &folder);
    for (address, reason) in [
        (tls(&database, HOST, "verify-full", &other), "UnknownIssuer"),
        (tls(&database, HOST, "verify-ca", &other), "UnknownIssuer"),
        (tls(&database, HOST, "require", &other), "UnknownIssuer"),
        (tls(&database, "localhost", "verify-full", &own), "not valid for"),
    ] {
        let finished = deliver(&folder, &address, &password);
        assert_eq!(finished.code, Some(69), "{address}: {}", finished.stderr);
        assert!(
            line(&finished).contains(reason) && line(&finished).contains("sslrootcert"),
            "{}",
            line(&finished)
        );
    }
    // The server takes nobody without TLS here.
    let plain = deliver(&folder, &database.tls_address("localhost", "sslmode=disable"), &password);
    assert_eq!(plain.code, Some(69), "{}", plain.stderr);
}

#[test]
fn a_password_comes_from_the_environment_or_a_file_and_from_nowhere_else() {
    let Some(server) = shared() else { return };
    let folder = day();
    let database = server.database();
    let address = database.tls_address("localhost", "sslmode=require");
    let port = server.port;
    let escaped = PASSWORD.replace('\\', "\\\\").replace(':', "\\:");
    let file = folder.write("passwords", format!("other:*:*:*:no\nlocalhost:{port}:*:loader:{escaped}\n"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let named = deliver(&folder, &address, &[("PGPASSFILE", file.to_str().unwrap())]);
    assert_eq!(named.code, Some(0), "{}", named.stderr);
    fs::copy(&file, folder.path(".pgpass")).unwrap();
    assert_eq!(deliver(&folder, &address, &[]).code, Some(0));
    fs::set_permissions(folder.path(".pgpass"), fs::Permissions::from_mode(0o644)).unwrap();
    let open_file = deliver(&folder, &address, &[]);
    assert_eq!(open_file.code, Some(69), "{}", open_file.stderr);
    assert!(line(&open_file).contains("PGPASSFILE"), "{}", line(&open_file));
    let wrong = deliver(&folder, &address, &[("PGPASSWORD", "another")]);
    assert_eq!(wrong.code, Some(69));
    assert!(
        line(&wrong).contains("password authentication failed") && line(&wrong).contains("check the user"),
        "{}",
        line(&wrong)
    );
    let in_address = address.replace("loader@", "loader:s3cret@");
    let refused = deliver(&folder, &in_address, &[]);
    assert_eq!(refused.code, Some(2));
    assert!(line(&refused).contains("PGPASSWORD"), "{}", line(&refused));
}

#[test]
fn what_a_server_refuses_is_one_line_with_the_way_on() {
    let Some(server) = shared() else { return };
    let folder = day();
    let database = server.database();
    let none = database.address().replace(&format!(":///{}", database.name), ":///nowhere");
    let refused = deliver(&folder, &none, &[]);
    assert_eq!(refused.code, Some(69));
    assert!(
        line(&refused).contains("does not exist") && line(&refused).contains("create the database"),
        "{}",
        line(&refused)
    );
    let gone = deliver(&folder, "postgres://loader@127.0.0.1:1/d", &[]);
    assert_eq!(gone.code, Some(69));
    assert!(
        line(&gone).contains("cannot connect") && line(&gone).contains("rerun the command"),
        "{}",
        line(&gone)
    );
    database.client().batch_execute("REVOKE ALL ON SCHEMA public FROM public; ALTER SCHEMA public OWNER TO postgres; GRANT USAGE ON SCHEMA public TO loader").unwrap();
    let address = database.tls_address("localhost", "sslmode=require");
    let refused = deliver(&folder, &address, &[("PGPASSWORD", PASSWORD)]);
    assert_eq!(refused.code, Some(69));
    assert!(
        line(&refused).contains("permission denied") && line(&refused).contains("grant it"),
        "{}",
        line(&refused)
    );
}
