//! The file of passwords, as libpq reads it: a line is `host:port:database:user:password`, and `*` stands for any.
#![expect(clippy::disallowed_methods, reason = "reads the file of passwords")]

use super::environment::{mistake, variable};
use crate::error::Result;
use postgres::Config;
use postgres::config::Host;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// Bits of a file's mode that let others than its owner in.
const OTHERS: u32 = 0o077;

/// The lines of the file.
pub(super) struct Passwords {
    lines: Vec<[String; 5]>,
}

impl Passwords {
    /// The file that `PGPASSFILE` names, else `.pgpass` in the home folder; `None` if there is none, or if others may read it.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Usage`] if it cannot be read.
    pub(super) fn read() -> Result<Option<Self>> {
        let home = || variable("HOME").map(|home| PathBuf::from(home).join(".pgpass"));
        let Some(path) = variable("PGPASSFILE").map(PathBuf::from).or_else(home) else { return Ok(None) };
        match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Ok(found) if found.permissions().mode() & OTHERS != 0 => {
                log::warn!(
                    "{}: others may read this file of passwords, so it is not used: chmod 0600",
                    path.display()
                );
                return Ok(None);
            }
            _ => {}
        }
        let text = fs::read_to_string(&path).map_err(|error| {
            mistake(&format!("cannot read the file of passwords: {error}")).at(path.display())
        })?;
        Ok(Some(Self::of(&text)))
    }

    fn of(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self { lines: lines.filter_map(fields).collect() }
    }

    /// The password of the first line that is about this server, database and user.
    pub(super) fn find(&self, config: &Config) -> Option<String> {
        let hosts: Vec<String> = match config.get_hosts().first() {
            Some(Host::Tcp(name)) => vec![name.clone()],
            Some(Host::Unix(path)) => vec![path.display().to_string(), "localhost".to_owned()],
            None => config.get_hostaddrs().iter().map(ToString::to_string).collect(),
        };
        let port = config.get_ports().first().map(ToString::to_string).unwrap_or_default();
        let (database, user) =
            (config.get_dbname().unwrap_or_default(), config.get_user().unwrap_or_default());
        let is = |field: &String, value: &str| field == "*" || field == value;
        let line = self.lines.iter().find(|[host, of_port, of_database, of_user, _]| {
            hosts.iter().any(|name| is(host, name))
                && is(of_port, &port)
                && is(of_database, database)
                && is(of_user, user)
        });
        line.map(|[.., password]| password.clone())
    }
}

/// The five fields of a line, in which a backslash stands before a colon or a backslash that is meant.
fn fields(line: &str) -> Option<[String; 5]> {
    let mut found: Vec<String> = Vec::new();
    let mut field = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => field.extend(characters.next()),
            ':' if found.len() < 4 => found.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    found.push(field);
    found.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_is_meant_counts() {
        let file = "# passwords\n\nother:*:*:*:no\nh:5432:shop:ann:a\\:b\\\\c\n*:*:*:bob:any:thing\nlocalhost:*:*:eve:socket\n";
        let passwords = Passwords::of(file);
        let find = |host: &str, user: &str| {
            let mut config = Config::new();
            if host.starts_with('/') {
                config.host_path(host)
            } else {
                config.host(host)
            };
            passwords.find(config.port(5432).dbname("shop").user(user))
        };
        assert_eq!(find("h", "ann").as_deref(), Some("a:b\\c"));
        assert_eq!(find("h", "bob").as_deref(), Some("any:thing"));
        assert_eq!(find("/run/pg", "eve").as_deref(), Some("socket"));
        assert_eq!(find("i", "ann"), None);
    }
}
