//! The secret under which keys are hashed: where it stands, never what it is.
#![expect(clippy::disallowed_methods, reason = "reads the file of a secret")]

use super::common::composite_key;
use crate::core::rules::NO_RULE;
use crate::definition::{Definition, KeyHasher};
use crate::error::{Error, ErrorKind, Result};
use crate::run::check_secret;
use clap::Args;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// A longer file is something else.
const MAX_SECRET_BYTES: u64 = 4096;

/// Where a secret stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SecretPlace {
    /// In a variable of the environment.
    Environment(String),
    /// In a file: its whole content, without a line end behind it.
    File(PathBuf),
    /// Nowhere: keys are not hashed.
    None,
}

impl SecretPlace {
    /// Reads `env:NAME`, `file:PATH` or `none`.
    ///
    /// # Errors
    /// If it is none of them. The text is not shown, because it may be the secret.
    pub(super) fn of(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Ok(Self::Environment(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            _ if text == NO_RULE => Ok(Self::None),
            _ => {
                Err("say where the secret is: env:NAME or file:PATH; never give the secret itself".to_owned())
            }
        }
    }

    /// What hashes keys with the secret that stands here.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if there is none, or it is too short.
    pub(super) fn hasher(&self) -> Result<Option<KeyHasher>> {
        let secret = match self {
            Self::None => return Ok(None),
            Self::Environment(name) => {
                std::env::var_os(name).map(OsStringExt::into_vec).ok_or_else(|| {
                    let what = format!("there is no secret in the environment: {name} is not set");
                    Error::new(ErrorKind::Usage, what)
                        .remedy("set it where the command runs, or give another --hash-key")
                })?
            }
            Self::File(path) => read(path)?,
        };
        let place = |what| {
            Error::new(ErrorKind::Usage, what)
                .at(self.to_string())
                .remedy("make one with: head -c 32 /dev/urandom | base64")
        };
        KeyHasher::new(&secret).map(Some).map_err(place)
    }
}

impl std::fmt::Display for SecretPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::None => f.write_str(NO_RULE),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |error| Error::io(ErrorKind::Usage, "read the secret", path, &error);
    let mut secret = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_SECRET_BYTES + 1).read_to_end(&mut secret).map_err(unreadable)?;
    if secret.len() as u64 > MAX_SECRET_BYTES {
        let what = format!("this file has more than {MAX_SECRET_BYTES} bytes, so it is no secret");
        return Err(Error::new(ErrorKind::Usage, what)
            .at(path.display())
            .remedy("give the file of the secret"));
    }
    let text = secret.strip_suffix(b"\n").unwrap_or(&secret);
    let end = text.strip_suffix(b"\r").unwrap_or(text).len();
    secret.truncate(end);
    Ok(secret)
}

/// How a command is told a key that it is about.
#[derive(Debug, Args)]
pub(super) struct SecretFlag {
    /// Where the secret is under which keys are hashed: then --key is the key as files have it, and without it the hash
    #[arg(long, value_name = "env:NAME|file:PATH", value_parser = SecretPlace::of)]
    hash_key: Option<SecretPlace>,
}

impl SecretFlag {
    /// The key of these `parts` as a checkpoint with this `definition` has it.
    ///
    /// # Errors
    /// As [`SecretPlace::hasher`]; [`ErrorKind::Definition`] if the keys of the checkpoint are hashed otherwise.
    pub(super) fn key(&self, parts: &[OsString], definition: Option<&Definition>) -> Result<Vec<u8>> {
        let hasher = self.hash_key.as_ref().map(SecretPlace::hasher).transpose()?.flatten();
        let Some(hasher) = hasher else { return Ok(composite_key(parts)) };
        definition.map_or(Ok(()), |definition| check_secret(definition, Some(&hasher)))?;
        Ok(hasher.key(parts.iter().map(|part| part.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_secret_is_named_and_the_secret_itself_never_shown() {
        assert_eq!(SecretPlace::of("env:KEY"), Ok(SecretPlace::Environment("KEY".to_owned())));
        assert_eq!(SecretPlace::of("file:a:b"), Ok(SecretPlace::File("a:b".into())));
        assert_eq!(SecretPlace::of("none"), Ok(SecretPlace::None));
        for empty in ["", "env:", "file:"] {
            assert!(SecretPlace::of(empty).is_err(), "{empty}");
        }
        for wrong in ["KEY", "0123456789abcdef:0", "ENV:KEY"] {
            let error = SecretPlace::of(wrong).unwrap_err();
            assert!(!error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn a_line_end_behind_the_secret_of_a_file_is_none_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        for (content, secret) in
            [("abc\n", "abc"), ("abc\r\n", "abc"), (" a\nb \n\n", " a\nb \n"), ("abc", "abc")]
        {
            std::fs::write(&path, content).unwrap();
            assert_eq!(read(&path).unwrap(), secret.as_bytes());
        }
        std::fs::write(&path, vec![b'a'; 4097]).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("no secret"));
    }
}
