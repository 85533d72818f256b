//! The differences between the requested definition and that of the checkpoint.

/// One difference between a request and a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The source, if there are several.
    pub source: Option<String>,
    /// The flag without its dashes.
    pub what: String,
    /// The value in the checkpoint.
    pub kept: String,
    /// The requested value.
    pub asked: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(source) = &self.source {
            write!(f, "source {source}: ")?;
        }
        write!(f, "{} is {}, the run asks for {}", self.what, self.kept, self.asked)
    }
}

/// Collects the differences of one part of a definition.
#[derive(Debug, Default)]
pub(super) struct Differences {
    source: Option<String>,
    found: Vec<Difference>,
}

impl Differences {
    /// The differences of the source `name`.
    pub(super) fn of_source(name: Option<&String>) -> Self {
        Self { source: name.cloned(), found: Vec::new() }
    }

    /// Adds a difference if a value is requested and is not the kept one.
    pub(super) fn compare<T: PartialEq>(
        &mut self,
        what: &str,
        kept: &T,
        asked: Option<&T>,
        text: impl Fn(&T) -> String,
    ) {
        if let Some(asked) = asked.filter(|asked| *asked != kept) {
            self.add(what, text(kept), text(asked));
        }
    }

    /// Adds a difference.
    pub(super) fn add(&mut self, what: &str, kept: String, asked: String) {
        self.found.push(Difference { source: self.source.clone(), what: what.to_owned(), kept, asked });
    }

    /// Adds the differences of another part.
    pub(super) fn extend(&mut self, others: Self) {
        self.found.extend(others.found);
    }

    /// All differences, in order.
    pub(super) fn into_vec(self) -> Vec<Difference> {
        self.found
    }
}
