//! What a URL says: which store, and which name or pattern of names in it.

use crate::error::{Error, ErrorKind, Result};
use std::path::Path;

/// A kind of store, by the scheme of its URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Scheme {
    /// `s3://BUCKET/NAME`, of Amazon or of whoever speaks its protocol.
    S3,
    /// `gs://BUCKET/NAME`
    Google,
    /// `az://CONTAINER/NAME`
    Azure,
    /// `https://SERVER/…` or `http://SERVER/…`
    Web,
}

impl Scheme {
    fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "s3" | "s3a" => Self::S3,
            "gs" => Self::Google,
            "az" => Self::Azure,
            "http" | "https" => Self::Web,
            _ => return None,
        })
    }
}

/// A URL, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) scheme: Scheme,
    /// The bucket or container; of a web server everything before the path.
    pub(super) bucket: String,
    /// The name of an object, or a pattern.
    pub(super) name: String,
}

/// Whether `path` is the URL of something, and no path of the file system.
pub fn is_url(path: &Path) -> bool {
    path.to_str().and_then(scheme_of).is_some()
}

fn scheme_of(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    (scheme.len() > 1 && scheme.bytes().all(is_scheme)).then_some((scheme, rest))
}

impl Location {
    /// Takes `url` apart.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if it names no object that could be read.
    pub(super) fn of(url: &str) -> Result<Self> {
        let refused = |what: &str| Error::new(ErrorKind::Usage, what);
        let (scheme, rest) = scheme_of(url).unwrap_or_default();
        if scheme.eq_ignore_ascii_case("file") {
            return Err(refused("a file of this machine is named by its path").remedy("leave file:// out"));
        }
        let scheme = Scheme::named(scheme).ok_or_else(|| {
            refused(&format!("nothing here reads {}:// URLs", scheme.to_ascii_lowercase()))
                .remedy("use s3://, gs://, az:// or https://; or fetch it with a tool of its own, and pipe it to --batch -")
        })?;
        let (bucket, name) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() || name.is_empty() || (scheme != Scheme::Web && name.ends_with('/')) {
            return Err(refused("this URL names no object")
                .remedy("name the objects in it: s3://bucket/folder/*.csv"));
        }
        if scheme == Scheme::Web {
            return Self::of_web(url, bucket, name);
        }
        Ok(Self { scheme, bucket: bucket.to_owned(), name: name.to_owned() })
    }

    /// Takes the URL of a place apart, below which names stand: a bucket, or a folder in one.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if it names none.
    #[cfg(feature = "cloud")]
    pub(super) fn of_root(url: &str) -> Result<Self> {
        let (scheme, rest) = scheme_of(url).unwrap_or_default();
        let (bucket, name) = rest.split_once('/').unwrap_or((rest, ""));
        match Scheme::named(scheme).filter(|scheme| *scheme != Scheme::Web && !bucket.is_empty()) {
            Some(scheme) => {
                let name = name.trim_end_matches('/').to_owned();
                Ok(Self { scheme, bucket: bucket.to_owned(), name })
            }
            None => Err(Error::new(ErrorKind::Usage, "this URL names no place in an object store")
                .remedy("name one such as s3://bucket/folder")),
        }
    }

    /// The full name of what stands under `name` below this place.
    #[cfg(feature = "cloud")]
    pub(super) fn below(&self, name: &str) -> String {
        if self.name.is_empty() { name.to_owned() } else { format!("{}/{name}", self.name) }
    }

    fn of_web(url: &str, server: &str, name: &str) -> Result<Self> {
        let refused = |what: &str| Error::new(ErrorKind::Usage, what);
        if server.contains('@') {
            return Err(refused("there is a password in this URL, and every user of the machine can read the command")
                .remedy("fetch the file with a tool that keeps it secret: curl --netrc URL | sessionize run --batch -"));
        }
        let path = name.split(['?', '#']).next().unwrap_or_default();
        if path.contains(['*', '[']) {
            return Err(refused(
                "a web server does not say which files it has, so nothing can fit a pattern",
            )
            .remedy("name each file"));
        }
        let before = &url[..url.len() - name.len() - 1];
        Ok(Self { scheme: Scheme::Web, bucket: before.to_owned(), name: name.to_owned() })
    }

    /// A URL that may make no sense, as an error may show it.
    pub(super) fn without_secrets(url: &str) -> String {
        let (scheme, rest) = scheme_of(url).unwrap_or_default();
        let path = rest.split(['?', '#']).next().unwrap_or_default();
        let (server, name) = path.split_at(path.find('/').unwrap_or(path.len()));
        let server = server.rsplit('@').next().unwrap_or_default();
        format!("{scheme}://{server}{name}")
    }

    /// The URL of the object `name` beside this one, as people and the checkpoint see it. What a web server is asked for behind `?`
    /// may be a signature, which is nobody else's business.
    pub(super) fn shown(&self, name: &str) -> String {
        match self.scheme {
            Scheme::S3 => format!("s3://{}/{name}", self.bucket),
            Scheme::Google => format!("gs://{}/{name}", self.bucket),
            Scheme::Azure => format!("az://{}/{name}", self.bucket),
            Scheme::Web => {
                format!("{}/{}", self.bucket, name.split(['?', '#']).next().unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
    use super::*;

    fn parts(url: &str) -> (Scheme, String, String) {
        let Location { scheme, bucket, name } = Location::of(url).unwrap();
        (scheme, bucket, name)
    }

    #[test]
    fn a_url_has_a_store_and_a_name() {
        let s3 = |bucket: &str, name: &str| (Scheme::S3, bucket.to_owned(), name.to_owned());
        assert_eq!(parts("s3://logs/dt=2020-01-01/a b.csv"), s3("logs", "dt=2020-01-01/a b.csv"));
        assert_eq!(parts("S3A://logs/x%20y?z"), s3("logs", "x%20y?z"));
        assert_eq!(parts("az://c/x").0, Scheme::Azure);
        assert_eq!(parts("gs://c/x").0, Scheme::Google);
        let web = parts("https://example.org:8443/a/b.csv?sig=1");
        assert_eq!(web, (Scheme::Web, "https://example.org:8443".to_owned(), "a/b.csv?sig=1".to_owned()));
    }

    #[test]
    fn what_names_no_object_is_refused() {
        for url in [
            "s3://",
            "s3://b",
            "s3://b/",
            "s3://b/folder/",
            "s3:///x",
            "https://example.org",
            "https://example.org/",
            "ftp://b/x",
            "hdfs://b/x",
            "file:///x",
            "https://me:secret@example.org/x",
            "https://example.org/*.csv",
        ] {
            let error = Location::of(url).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage, "{url}");
            assert!(!error.to_string().contains("me:secret"), "{error}");
        }
    }

    #[test]
    fn paths_of_the_file_system_are_no_urls() {
        for path in ["", "-", "a.csv", "/x://y", "./s3://b/x", "s3:/b/x", "s3:b", "://b", "c://x"] {
            assert!(!is_url(Path::new(path)), "{path}");
        }
        assert!(is_url(Path::new("s3://b/x")) && is_url(Path::new("nonsense+1.0://")));
    }

    #[test]
    fn a_signature_is_not_shown() {
        let shown = Location::without_secrets("https://me:secret@example.org/x@y?secret");
        assert_eq!(shown, "https://example.org/x@y");
        let signed = Location::of("https://example.org/a.csv?X-Amz-Signature=secret").unwrap();
        assert_eq!(signed.shown(&signed.name), "https://example.org/a.csv");
    }
}
