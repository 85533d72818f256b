//! The names that a URL stands for.

use super::location::{Location, Scheme};

/// Characters that make a pattern of a name.
const WILDCARDS: [char; 3] = ['*', '?', '['];

impl Location {
    /// Whether its name stands for several objects.
    pub(super) fn is_pattern(&self) -> bool {
        self.scheme != Scheme::Web && self.name.contains(WILDCARDS)
    }

    /// What every name begins with that fits.
    pub(super) fn prefix(&self) -> &str {
        self.name.split(WILDCARDS).next().unwrap_or_default()
    }

    /// The whole URL of the object `name` beside this one.
    pub(super) fn identity(&self, name: &str) -> String {
        match self.scheme {
            Scheme::Web => format!("{}/{name}", self.bucket),
            _ => self.shown(name),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
    use super::*;

    #[test]
    fn a_pattern_has_a_prefix() {
        let pattern = Location::of("s3://b/logs/dt=2020-*/*.csv").unwrap();
        assert!(pattern.is_pattern());
        assert_eq!(pattern.prefix(), "logs/dt=2020-");
        let name = Location::of("s3://b/logs/a.csv").unwrap();
        assert!(!name.is_pattern() && name.prefix() == "logs/a.csv");
        assert!(!Location::of("https://b/x?y=*").unwrap().is_pattern());
    }

    #[test]
    fn a_signed_url_is_known_by_all_of_it() {
        let signed = Location::of("https://example.org/a.csv?X-Amz-Signature=secret").unwrap();
        assert_eq!(signed.identity(&signed.name), "https://example.org/a.csv?X-Amz-Signature=secret");
    }
}
