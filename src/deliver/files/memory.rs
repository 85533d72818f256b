//! A store in memory, in which everything goes wrong that a test asks for.
#![allow(clippy::disallowed_types, clippy::type_complexity, reason = "a plan of faults is a function")]

use super::store::Store;
use crate::error::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A call of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Put,
    Get,
    Upload,
    List,
    Remove,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// An error, and nothing has happened.
    Refused,
    /// An error, and it has happened.
    Lost,
    /// For a put: it says that the name is taken, which is not so.
    Conflict,
    /// For a list: it shows nothing yet.
    Stale,
}

/// Clones are the same store.
#[derive(Clone, Default)]
pub(super) struct Memory {
    pub(super) contents: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    plan: Option<Arc<dyn Fn(Call) -> Fault + Send + Sync>>,
}

impl Memory {
    /// The same store for somebody whose calls this decides about.
    pub(super) fn with(&self, plan: impl Fn(Call) -> Fault + Send + Sync + 'static) -> Self {
        Self { contents: Arc::clone(&self.contents), plan: Some(Arc::new(plan)) }
    }

    pub(super) fn contents(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call<T>(&self, call: Call, work: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T) -> Result<T> {
        let fault = self.plan.as_ref().map_or(Fault::None, |plan| plan(call));
        let failed = || Error::new(ErrorKind::Delivery, format!("{call:?}: {fault:?}"));
        match fault {
            Fault::None => Ok(work(&mut self.contents())),
            Fault::Lost => {
                work(&mut self.contents());
                Err(failed())
            }
            Fault::Refused | Fault::Conflict | Fault::Stale => Err(failed()),
        }
    }
}

impl Store for Memory {
    fn shown(&self, name: &str) -> String {
        format!("memory:{name}")
    }

    fn put_new(&mut self, name: &str, content: &[u8]) -> Result<bool> {
        let put = self.call(Call::Put, |contents| {
            let is_new = !contents.contains_key(name);
            if is_new {
                contents.insert(name.to_owned(), content.to_vec());
            }
            is_new
        });
        match put {
            Err(error) if error.to_string().ends_with("Conflict") => Ok(false),
            put => put,
        }
    }

    fn get(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        self.call(Call::Get, |contents| contents.get(name).cloned())
    }

    fn upload(&mut self, name: &str, content: &mut dyn Read, _bytes: u64) -> Result<()> {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes).unwrap();
        self.call(Call::Upload, |contents| {
            assert!(contents.insert(name.to_owned(), bytes).is_none(), "{name} is there already");
        })
    }

    fn list(&mut self, prefix: &str) -> Result<Vec<String>> {
        let listed = self.call(Call::List, |contents| {
            contents.keys().filter(|name| name.starts_with(prefix)).cloned().collect()
        });
        match listed {
            Err(error) if error.to_string().ends_with("Stale") => Ok(Vec::new()),
            listed => listed,
        }
    }

    fn remove(&mut self, name: &str) -> Result<()> {
        self.call(Call::Remove, |contents| drop(contents.remove(name)))
    }
}
