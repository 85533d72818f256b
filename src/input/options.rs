//! Properties of formats: what the flag of each says, and which values it takes.

/// A property of one format, or of several: the flag of its name sets it, and the source keeps it.
#[derive(Debug, Clone, Copy)]
pub struct FormatOption {
    /// The name of its flag, without dashes.
    pub name: &'static str,
    /// What stands for its value in the help.
    pub value_name: &'static str,
    /// What it does, with its default.
    pub help: &'static str,
    /// What holds where nobody asks and no file decides.
    pub default: &'static str,
    /// The value that leaves it to the files, as if it were not given.
    pub leaves_open: Option<&'static str>,
    /// Gives any other value the form in which it is kept, or says in words what is wrong with it.
    pub read: fn(&str) -> Result<String, String>,
}
