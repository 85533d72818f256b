//! The suggestion for a misspelled name.

/// Names below this Jaro-Winkler similarity are other words, not misspellings.
const LEAST_SIMILARITY: f64 = 0.8;

/// Returns the name that is most similar to `wrong`, ignoring case; `None` if none is similar.
///
/// Linear in the number of names.
pub fn nearest_name<'n, N: AsRef<str> + ?Sized + 'n>(
    wrong: &str,
    names: impl Iterator<Item = &'n N>,
) -> Option<&'n str> {
    let wrong = wrong.to_lowercase();
    let similarity = |name: &str| strsim::jaro_winkler(&wrong, &name.to_lowercase());
    let similar = names.map(|name| (similarity(name.as_ref()), name.as_ref()));
    let similar = similar.filter(|(similarity, _)| *similarity > LEAST_SIMILARITY);
    similar.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_similar_name_is_suggested() {
        let nearest = |wrong| {
            let names = ["max-late", "max-rejects", "watermark-delay", "rows", "gap", "user_id", "timestamp"];
            nearest_name(wrong, names.into_iter())
        };
        for (wrong, similar) in [
            ("max_late", "max-late"),
            ("ROW", "rows"),
            ("watermark-dely", "watermark-delay"),
            ("userid", "user_id"),
            ("TimeStamp", "timestamp"),
        ] {
            assert_eq!(nearest(wrong), Some(similar), "{wrong}");
        }
        for wrong in ["colour", "partition-by", "page", "x", ""] {
            assert_eq!(nearest(wrong), None, "{wrong}");
        }
    }
}
