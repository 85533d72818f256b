//! The interface of an accumulator: update, value, state.

use super::value::Value;

/// How much an accumulator may keep of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The number of different values that `distinct` keeps.
    pub distinct: usize,
    /// The number of values that `list` keeps.
    pub list: usize,
}

/// The state of one aggregate over the events of one session.
pub(super) trait Accumulate: Default {
    /// Adds the value of the next event. It is empty only if the argument is not a column. Costs at most one copy of the value
    /// and one addition or comparison, unless the aggregate says otherwise.
    fn update(&mut self, value: &[u8], bounds: Bounds);

    /// The value over all events so far.
    fn value(&self) -> Value<'_>;

    /// The state that [`Accumulate::restore`] takes, as the checkpoint keeps it. It is frozen; `docs/format.md` lists it.
    fn state(&self) -> Vec<Vec<u8>>;

    /// The accumulator with this state; `None` if the state is not valid.
    fn restore(state: Vec<Vec<u8>>) -> Option<Self>;
}

/// A state of one number as text.
pub(super) fn number_state(number: &impl ToString) -> Vec<Vec<u8>> {
    vec![number.to_string().into_bytes()]
}

/// The only part of a state.
pub(super) fn only(state: Vec<Vec<u8>>) -> Option<Vec<u8>> {
    let [part] = <[Vec<u8>; 1]>::try_from(state).ok()?;
    Some(part)
}

/// The only part of a state, or none.
///
/// # Errors
/// A state with more parts.
pub(super) fn at_most_one(mut state: Vec<Vec<u8>>) -> Result<Option<Vec<u8>>, ()> {
    let part = state.pop();
    if state.is_empty() { Ok(part) } else { Err(()) }
}

/// The state of a list of values: `+` before them if there were more, otherwise an empty part.
pub(super) fn bounded_state<'v>(values: impl Iterator<Item = &'v Vec<u8>>, more: bool) -> Vec<Vec<u8>> {
    let mark = if more { b"+".to_vec() } else { Vec::new() };
    std::iter::once(mark).chain(values.cloned()).collect()
}

/// Whether there were more values, and the values.
pub(super) fn bounded_parts(state: Vec<Vec<u8>>) -> Option<(bool, impl Iterator<Item = Vec<u8>>)> {
    let mut parts = state.into_iter();
    let more = match &parts.next()?[..] {
        b"" => false,
        b"+" => true,
        _ => return None,
    };
    Some((more, parts))
}
