//! What this target needs of a store, and no more: any that has this can be one.

use crate::error::Result;
use std::io::Read;

/// Names with contents below one root. A name has parts with `/` between them.
pub(super) trait Store: Send {
    /// A name as people see it.
    fn shown(&self, name: &str) -> String;

    /// Puts `content` under a name, unless something has it. The whole content appears at once, and is safe from then on. `true`
    /// only if this call has done it: `false` and an error leave open what stands there, and [`Store::get`] tells.
    ///
    /// # Errors
    /// If the store gives no answer, or another one.
    fn put_new(&mut self, name: &str, content: &[u8]) -> Result<bool>;

    /// What stands under a name, and is safe there; `None` if nothing has it.
    ///
    /// # Errors
    /// If the store gives no answer, or another one.
    fn get(&mut self, name: &str) -> Result<Option<Vec<u8>>>;

    /// Puts `bytes` bytes under a name that nobody else uses. They are safe when this returns. Needs memory for a part of them.
    ///
    /// # Errors
    /// If they cannot be read or written. Then some of them may be there.
    fn upload(&mut self, name: &str, content: &mut dyn Read, bytes: u64) -> Result<()>;

    /// The names that begin with `prefix`, in any order. One that was put just now may be missing.
    ///
    /// # Errors
    /// If the store gives no answer, or another one.
    fn list(&mut self, prefix: &str) -> Result<Vec<String>>;

    /// Removes what stands under a name, if anything does.
    ///
    /// # Errors
    /// If the store gives no answer, or another one.
    fn remove(&mut self, name: &str) -> Result<()>;
}
