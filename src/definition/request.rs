//! The definition that a run requests, and its comparison with the kept one.

use super::column::ColumnRequest;
use super::difference::{Difference, Differences};
use super::source::{Source, SourceRequest};
use super::{DEFAULT_GAP, Definition, gap_text};
use crate::core::gap::Gap;
use crate::core::rules::RuleTexts;

/// The requested definition. `None` takes the value of the checkpoint, or the default in a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionRequest {
    /// `--gap`
    pub gap: Option<Gap>,
    /// The sources. A single one without a name applies to every source of the checkpoint.
    pub sources: Vec<SourceRequest>,
    /// Rules besides the gap, flag by flag.
    pub rules: RuleTexts,
}

impl Default for DefinitionRequest {
    fn default() -> Self {
        Self { gap: None, sources: vec![SourceRequest::default()], rules: RuleTexts::default() }
    }
}

impl DefinitionRequest {
    /// The definition of a new checkpoint, with defaults for what is not requested.
    pub fn create(&self) -> Definition {
        let rules = RuleTexts::default().overridden_by(&self.rules);
        let kept: Vec<ColumnRequest> = rules.columns().iter().map(|name| ColumnRequest::read(name)).collect();
        Definition {
            gap: self.gap.unwrap_or(DEFAULT_GAP),
            sources: self.sources.iter().map(|source| source.create(&kept)).collect(),
            rules,
            event_columns: None,
        }
    }

    /// `kept`, which does not differ from this request, with its open parts filled from this request.
    pub fn complete(&self, kept: &Definition) -> Definition {
        let mut completed = kept.clone();
        for source in &mut completed.sources {
            if let Some(asked) = self.of_source(source.name.as_deref()) {
                source.options = source.options.or(&asked.options);
                source.header = source.header.or(asked.header);
            }
        }
        completed
    }

    /// This request, with everything that it leaves open taken from `kept`.
    #[must_use]
    pub fn over(&self, kept: &Definition) -> Self {
        let sources = match self.unnamed() {
            Some(asked) => kept.sources.iter().map(|source| asked.over(source)).collect(),
            None => self.sources.iter().map(|asked| over_namesake(asked, kept)).collect(),
        };
        Self { gap: self.gap.or(Some(kept.gap)), sources, rules: kept.rules.overridden_by(&self.rules) }
    }

    /// The differences between this request and `kept`; without differences, the run may continue.
    pub fn differences(&self, kept: &Definition) -> Vec<Difference> {
        let mut found = Differences::default();
        found.compare("gap", &kept.gap, self.gap.as_ref(), |&gap| gap_text(gap));
        for (flag, kept, asked) in kept.rules.differences(&self.rules) {
            found.add(flag.name(), kept, asked);
        }
        if let Some(asked) = self.unnamed() {
            for source in &kept.sources {
                found.extend(asked.differences(source));
            }
            return found.into_vec();
        }
        let names_of = |names: Vec<Option<&str>>| {
            names.into_iter().map(|name| name.unwrap_or("(no name)")).collect::<Vec<_>>().join(" + ")
        };
        let asked_names: Vec<_> = self.sources.iter().map(|asked| asked.name.as_deref()).collect();
        let kept_names: Vec<_> = kept.sources.iter().map(|source| source.name.as_deref()).collect();
        if asked_names != kept_names {
            found.add("list of sources", names_of(kept_names), names_of(asked_names));
        }
        for asked in &self.sources {
            if let Some(source) = namesake(asked, kept) {
                found.extend(asked.differences(source));
            }
        }
        found.into_vec()
    }

    /// The requested input format for files of the source with this name.
    pub fn input_format(&self, source: Option<&str>) -> Option<&str> {
        self.of_source(source)?.input_format.as_deref()
    }

    /// The request for the source with this name.
    pub fn of_source(&self, source: Option<&str>) -> Option<&SourceRequest> {
        let mut requests = self.sources.iter();
        self.unnamed().or_else(|| requests.find(|asked| asked.name.as_deref() == source))
    }

    /// The only request without a name.
    fn unnamed(&self) -> Option<&SourceRequest> {
        match &self.sources[..] {
            [only] if only.name.is_none() => Some(only),
            _ => None,
        }
    }
}

fn namesake<'d>(asked: &SourceRequest, kept: &'d Definition) -> Option<&'d Source> {
    kept.sources.iter().find(|source| source.name == asked.name)
}

fn over_namesake(asked: &SourceRequest, kept: &Definition) -> SourceRequest {
    namesake(asked, kept).map_or_else(|| asked.clone(), |source| asked.over(source))
}
