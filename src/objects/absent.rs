//! What stands for stores in a build without them: it knows a URL when it sees one, and says how to get a build that reads it.

use super::location::Location;
use crate::error::{Error, ErrorKind, Result};
use std::convert::Infallible;
use std::io;

/// No stores.
#[derive(Debug, Default)]
pub struct Objects(());

impl Objects {
    /// Refuses every URL.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`]
    pub fn find(&mut self, url: &str) -> Result<Vec<Object>> {
        self.find_any(url)
    }

    /// The same.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`]
    #[expect(clippy::unused_self, reason = "there is nothing to find them in")]
    pub fn find_any(&mut self, url: &str) -> Result<Vec<Object>> {
        let location = Location::of(url).map_err(|error| error.at(Location::without_secrets(url)))?;
        let what = "this build reads no object stores and no web servers";
        Err(Error::new(ErrorKind::Usage, what).at(location.shown(&location.name)).remedy(
            "install one that does by cargo install --path . --features cloud; or fetch the files first",
        ))
    }
}

/// No object.
#[derive(Debug)]
pub struct Object(Infallible);

impl Object {
    /// Its URL, without anything secret.
    pub const fn url(&self) -> &str {
        match self.0 {}
    }

    /// All of its URL: what it is known by.
    pub const fn identity(&self) -> &str {
        match self.0 {}
    }

    /// How many bytes it has.
    pub const fn bytes(&self) -> u64 {
        match self.0 {}
    }

    /// What changes whenever its bytes do.
    pub const fn e_tag(&self) -> Option<&str> {
        match self.0 {}
    }

    /// Begins to fetch it.
    pub const fn fetch(&self) {
        match self.0 {}
    }

    /// Reads what stands from `offset` on.
    ///
    /// # Errors
    /// None, for there is none.
    pub const fn read_at(&self, _buffer: &mut [u8], _offset: u64) -> io::Result<usize> {
        match self.0 {}
    }

    /// Why it cannot be read.
    pub const fn failure(&self) -> Option<Error> {
        match self.0 {}
    }
}
