//! Properties of formats: the flag and the possible values of each.

/// A property of one or several formats: the flag of the same name sets it, and the source keeps it.
#[derive(Debug, Clone, Copy)]
pub struct FormatOption {
    /// The name of its flag, without dashes.
    pub name: &'static str,
    /// The name of its value in the help.
    pub value_name: &'static str,
    /// What it does, with its default.
    pub help: &'static str,
    /// The value if neither a flag nor a file decides.
    pub default: &'static str,
    /// The value that leaves the decision to the files.
    pub leaves_open: Option<&'static str>,
    /// Returns the canonical form of any other value, or what is wrong with it.
    pub read: fn(&str) -> Result<String, String>,
}
