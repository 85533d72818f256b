//! Where a run asks for something else than the checkpoint has.

/// One point in which a request and a definition differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The source that it is about, where there are several.
    pub source: Option<String>,
    /// The flag without its dashes.
    pub what: String,
    /// What the checkpoint has.
    pub kept: String,
    /// What the run asks for.
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
    /// Those of the source `name`.
    pub(super) fn of_source(name: Option<&String>) -> Self {
        Self { source: name.cloned(), found: Vec::new() }
    }

    /// Adds one if something is asked for, and it is not what is kept.
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

    /// Adds one.
    pub(super) fn add(&mut self, what: &str, kept: String, asked: String) {
        self.found.push(Difference { source: self.source.clone(), what: what.to_owned(), kept, asked });
    }

    /// Adds those of another part.
    pub(super) fn extend(&mut self, others: Self) {
        self.found.extend(others.found);
    }

    /// All of them, in the order in which they were found.
    pub(super) fn into_vec(self) -> Vec<Difference> {
        self.found
    }
}
