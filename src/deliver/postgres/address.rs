//! The address of a server, as libpq reads it: a URL over the environment over defaults.

use super::environment::{mistake, variable};
use super::password::Passwords;
use super::tls::{Tls, TlsMode};
use crate::error::Result;
use percent_encoding::percent_decode_str;
use postgres::Config;
use postgres::config::{Host, SslMode};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where servers put their socket, in the order in which it is looked for.
const SOCKETS: [&str; 2] = ["/var/run/postgresql", "/tmp"];
const DEFAULT_PORT: u16 = 5432;
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// A server, a database and a user, and how to speak with them.
#[derive(Debug)]
pub(super) struct Address {
    /// All but the password.
    pub(super) config: Config,
    pub(super) tls: Tls,
    /// For people.
    pub(super) shown: String,
}

/// A URL, cut into what libpq knows and the driver does not, and the rest.
struct Parts {
    rest: String,
    ssl_mode: Option<String>,
    ssl_root: Option<String>,
}

impl Address {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Usage`] if it makes no sense, or has a password in it.
    pub(super) fn read(url: &str) -> Result<Self> {
        expect_no_password(url)?;
        let Parts { rest, ssl_mode, ssl_root } = Parts::of(url);
        let mut config: Config =
            rest.parse().map_err(|error| mistake(&format!("the address makes no sense: {error}")))?;
        fill(&mut config)?;
        let host = config.get_hosts().first();
        let mode = ssl_mode.or_else(|| variable("PGSSLMODE"));
        let is_local = matches!(host, Some(Host::Unix(_)));
        let tls = Tls {
            mode: TlsMode::read(mode.as_deref(), is_local)?,
            root: ssl_root.or_else(|| variable("PGSSLROOTCERT")).map(PathBuf::from),
        };
        config.ssl_mode(match tls.mode {
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => SslMode::Require,
        });
        let shown = shown(&config);
        Ok(Self { config, tls, shown })
    }

    /// The configuration with the password that the environment or a file has for it, if one has.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Usage`] if the file of passwords cannot be read.
    pub(super) fn with_password(&self) -> Result<Config> {
        let mut config = self.config.clone();
        if let Some(password) = variable("PGPASSWORD") {
            config.password(password);
        } else if let Some(password) = Passwords::read()?.and_then(|passwords| passwords.find(&config)) {
            config.password(password);
        }
        Ok(config)
    }
}

impl Parts {
    fn of(url: &str) -> Self {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut parts = Self { rest: base.to_owned(), ssl_mode: None, ssl_root: None };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = || Some(percent_decode_str(value).decode_utf8_lossy().into_owned());
            match name {
                "sslmode" => parts.ssl_mode = value(),
                "sslrootcert" => parts.ssl_root = value(),
                _ => {
                    parts.rest.push(if parts.rest.contains('?') { '&' } else { '?' });
                    parts.rest.push_str(pair);
                }
            }
        }
        parts
    }
}

/// Everybody on the machine sees the words of a command.
fn expect_no_password(url: &str) -> Result<()> {
    let behind = url.split_once("://").map_or("", |(_, behind)| behind);
    let (base, query) = behind.split_once('?').unwrap_or((behind, ""));
    let authority = base.split('/').next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    let is_password = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        percent_decode_str(name).decode_utf8_lossy().eq_ignore_ascii_case("password")
    };
    // A password may have any of these characters unescaped: then what is behind them is no address, and not shown either.
    if user.contains(':')
        || query.split('&').any(is_password)
        || base.contains('@') && !authority.contains('@')
    {
        return Err(mistake("the address has a password, and others can read the words of a command")
            .remedy("leave it out, and give it in PGPASSWORD, PGPASSFILE or ~/.pgpass"));
    }
    Ok(())
}

/// Adds what the URL leaves out.
fn fill(config: &mut Config) -> Result<()> {
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        let host = variable("PGHOST").unwrap_or_else(|| default_socket().to_owned());
        if host.starts_with('/') {
            config.host_path(&host)
        } else {
            config.host(&host)
        };
    }
    if config.get_ports().is_empty() {
        let port = variable("PGPORT").map(|port| port.parse().map_err(|_| mistake("PGPORT is no port")));
        config.port(port.transpose()?.unwrap_or(DEFAULT_PORT));
    }
    if config.get_user().is_none() {
        let user = variable("PGUSER").or_else(|| variable("USER")).or_else(|| variable("LOGNAME"));
        config.user(
            &user.ok_or_else(|| mistake("no user is named").remedy("write postgres://USER@HOST/DATABASE"))?,
        );
    }
    if config.get_dbname().is_none() {
        let user = config.get_user().unwrap_or_default().to_owned();
        config.dbname(&variable("PGDATABASE").unwrap_or(user));
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(DEFAULT_TIMEOUT);
    }
    if let Some(options) = variable("PGOPTIONS").filter(|_| config.get_options().is_none()) {
        config.options(&options);
    }
    if config.get_application_name().is_none() {
        config.application_name(env!("CARGO_PKG_NAME"));
    }
    Ok(())
}

fn default_socket() -> &'static str {
    let port = variable("PGPORT").unwrap_or_else(|| DEFAULT_PORT.to_string());
    let has_socket = |folder: &&&str| Path::new(folder).join(format!(".s.PGSQL.{port}")).exists();
    SOCKETS.iter().find(has_socket).unwrap_or(&SOCKETS[0])
}

fn shown(config: &Config) -> String {
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    });
    let hosts: Vec<_> = if config.get_hosts().is_empty() {
        config.get_hostaddrs().iter().map(ToString::to_string).collect()
    } else {
        hosts.collect()
    };
    let port = config.get_ports().first().copied().unwrap_or(DEFAULT_PORT);
    format!("postgres {}:{port}/{}", hosts.join(","), config.get_dbname().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_password_is_refused_wherever_it_stands_and_is_not_repeated() {
        for url in [
            "postgres://ann:s3cret@host/db",
            "postgresql://ann:s3c/ret@host/db",
            "postgres://host/db?user=ann&password=s3cret",
            "postgres://host/db?passwor%64=s3cret",
            "postgres://ann:s3@cret@host",
        ] {
            let error = Address::read(url).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert!(error.to_string().contains("PGPASSFILE") && !error.to_string().contains("s3"), "{error}");
        }
    }

    #[test]
    fn an_address_is_shown_without_its_user() {
        let shown = |url: &str| Address::read(url).unwrap().shown;
        assert_eq!(shown("postgres://ann@db.example.com/shop"), "postgres db.example.com:5432/shop");
        assert_eq!(shown("postgresql://ann@[::1]:5433/shop?sslmode=require"), "postgres ::1:5433/shop");
        assert_eq!(shown("postgres://ann@/shop?host=/run/pg&port=6432"), "postgres /run/pg:6432/shop");
    }

    #[test]
    fn how_to_speak_is_read_and_a_socket_has_no_tls() {
        let mode = |url: &str| Address::read(url).map(|address| address.tls.mode);
        assert_eq!(
            mode("postgres://ann@h/d?sslmode=verify-full&sslrootcert=%2Fca.pem").unwrap(),
            TlsMode::VerifyFull
        );
        assert_eq!(mode("postgres://ann@h/d?sslmode=disable").unwrap(), TlsMode::Disable);
        assert_eq!(mode("postgres://ann@h/d").unwrap(), TlsMode::Prefer);
        assert_eq!(mode("postgres:///d?user=ann&host=/tmp&sslmode=require").unwrap(), TlsMode::Disable);
        assert!(mode("postgres://ann@h/d?sslmode=sure").is_err());
        assert!(mode("postgres://ann@h/d?ssl=true").is_err());
    }
}
