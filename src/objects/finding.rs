//! The objects that a URL names, or that fit its pattern.

use super::client::Client;
use super::failure::Failure;
use super::fetching::start;
use super::location::{Location, Scheme};
use super::object::{Object, Requests};
use super::store::Store;
use crate::error::{Error, ErrorKind, Result};
use glob::{MatchOptions, Pattern};
use object_store::ObjectMeta;
use std::collections::HashMap;
use std::sync::Arc;

/// A `*` ends at a slash, as it does in a shell.
const AS_SHELLS_DO: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// All stores of a command. Nothing is started before the first URL.
#[derive(Debug, Default)]
pub struct Objects {
    requests: Option<Requests>,
    stores: HashMap<(Scheme, String), Store>,
}

impl Objects {
    /// The objects that `url` names, by name: one, or all that fit it. A store is asked for the names that begin as the pattern does,
    /// a thousand with each request. No object is read.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a URL that makes no sense, [`ErrorKind::NoInput`] if nothing is there, or the store gives nothing.
    pub fn find(&mut self, url: &str) -> Result<Vec<Object>> {
        let found = self.find_any(url)?;
        if found.is_empty() {
            return Err(Error::new(ErrorKind::NoInput, "no object fits this pattern")
                .at(Location::without_secrets(url))
                .remedy("check the bucket and the pattern: * ends at a slash, ** does not")
                .nothing_changed());
        }
        Ok(found)
    }

    /// The same where no object need fit a pattern.
    ///
    /// # Errors
    /// The others of [`Objects::find`].
    pub fn find_any(&mut self, url: &str) -> Result<Vec<Object>> {
        let location = Location::of(url).map_err(|error| error.at(Location::without_secrets(url)))?;
        let place = location.shown(&location.name);
        let requests = self.requests()?;
        let client = Arc::clone(&requests.client);
        let failed = |failure: Failure| failure.error(location.scheme).at(&place);
        let store = self.store(&location, &client).map_err(failed)?;
        let found = if location.is_pattern() {
            fitting(&client, &store, &location, &place)?
        } else {
            let path = store.path(&location.name).map_err(failed)?;
            let asked = store.clone();
            vec![client.wait_for(async move { asked.look(&path).await }).map_err(failed)?]
        };
        let object = |meta: ObjectMeta| {
            let name = if location.is_pattern() { meta.location.as_ref() } else { location.name.as_str() };
            Object::new(&location, name, &meta, store.clone(), requests.clone())
        };
        Ok(found.into_iter().map(object).collect())
    }

    fn requests(&mut self) -> Result<Requests> {
        if let Some(requests) = &self.requests {
            return Ok(requests.clone());
        }
        Ok(self.requests.insert(start(Client::start()?)).clone())
    }

    fn store(&mut self, location: &Location, client: &Client) -> Result<Store, Failure> {
        let key = (location.scheme, location.bucket.clone());
        if let Some(store) = self.stores.get(&key) {
            return Ok(store.clone());
        }
        let store = Store::open(location, client.limit)?;
        if location.scheme != Scheme::Web {
            self.stores.insert(key, store.clone());
        }
        Ok(store)
    }
}

/// The objects that fit a pattern, by name. Those without a byte are no files: consoles make them to show a folder.
fn fitting(client: &Client, store: &Store, location: &Location, place: &str) -> Result<Vec<ObjectMeta>> {
    let pattern = Pattern::new(&location.name).map_err(|error| {
        Error::new(ErrorKind::Usage, format!("this pattern makes no sense: {}", error.msg)).at(place)
    })?;
    let mut found = Vec::new();
    let mut page_token = None;
    loop {
        let (asked, prefix) = (store.clone(), location.prefix().to_owned());
        let page = client.wait_for(async move { asked.page(&prefix, page_token).await });
        let (objects, next) = page.map_err(|failure| failure.error(location.scheme).at(place))?;
        let fits = |object: &ObjectMeta| pattern.matches_with(object.location.as_ref(), AS_SHELLS_DO);
        found.extend(objects.into_iter().filter(|object| object.size > 0 && fits(object)));
        page_token = next;
        if page_token.is_none() {
            break;
        }
    }
    found.sort_by(|one, other| one.location.cmp(&other.location));
    Ok(found)
}
