//! The terminal that shows what is printed.

use std::io::IsTerminal;

/// Whether colours are wanted on standard output: it is a terminal that has them, and `NO_COLOR` (<https://no-color.org>) is not set or
/// is empty.
pub(super) fn wants_colours() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let has_none = std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
    std::io::stdout().is_terminal() && !is_set("NO_COLOR") && !has_none
}
