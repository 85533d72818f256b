//! What somebody may have meant who has mistyped a name.

/// The name that is most like `wrong`.
pub(super) fn did_you_mean<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> String {
    let wrong = wrong.to_lowercase();
    let likeness = |name: &&str| strsim::jaro_winkler(&wrong, &name.to_lowercase());
    let nearest = names.max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    nearest.map_or_else(String::new, |name| format!("did you mean {name}?"))
}
