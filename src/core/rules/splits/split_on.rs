//! `--split-on`: a changed value in one of these columns begins a new session.

use super::rule::{NextEvent, Projection, SplitRule};
use crate::core::event::{Timestamp, Values};
use crate::core::rules::projected::ProjectedColumn;
use crate::core::rules::spec::{FlagSpec, column};
use crate::core::session::OpenSession;

/// The places of the columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::core::rules) struct SplitOn {
    places: Vec<usize>,
}

impl SplitRule for SplitOn {
    const FLAG: FlagSpec = FlagSpec {
        name: "split-on",
        value: "COL",
        help: "Column in which another non-empty value begins a new session; may be repeated",
        repeats: true,
        canonical: column,
    };
    const CLOSE_REASON: &'static str = "split-on";

    /// The last non-empty value of each column.
    type State = Vec<Vec<u8>>;

    fn compile(values: &[&str], projection: &mut Projection<'_>) -> Result<Self, String> {
        let place = |column: &&str| projection.columns.place_of(ProjectedColumn::column(column));
        Ok(Self { places: values.iter().map(place).collect() })
    }

    fn begin(&self, _start: Timestamp) -> Vec<Vec<u8>> {
        vec![Vec::new(); self.places.len()]
    }

    fn splits_before(&self, _session: &OpenSession, state: &Vec<Vec<u8>>, next: NextEvent<'_>) -> bool {
        self.places.iter().zip(state).any(|(&place, kept)| is_change(kept, next.values.get(place)))
    }

    fn update(&self, state: &mut Vec<Vec<u8>>, values: Values<'_>) {
        for (&place, kept) in self.places.iter().zip(state) {
            let value = values.get(place);
            if !value.is_empty() && value != kept.as_slice() {
                kept.clear();
                kept.extend_from_slice(value);
            }
        }
    }

    fn stored(state: &Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        state.clone()
    }

    fn restore(&self, _start: Timestamp, stored: Vec<Vec<u8>>) -> Option<Vec<Vec<u8>>> {
        (stored.len() == self.places.len()).then_some(stored)
    }
}

/// An empty value changes nothing, and neither does the first value of a session.
fn is_change(kept: &[u8], value: &[u8]) -> bool {
    !kept.is_empty() && !value.is_empty() && kept != value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::push_value;
    use crate::core::rules::projected::ProjectedColumns;

    #[test]
    fn each_column_keeps_its_last_value_that_is_not_empty_and_comes_back_with_it() {
        let start = Timestamp::from_us(0).unwrap();
        let mut columns = ProjectedColumns::default();
        let rule =
            SplitOn::compile(&["a", "b"], &mut Projection { columns: &mut columns, zone: None }).unwrap();
        let mut state = rule.begin(start);
        assert_eq!(rule.restore(start, SplitOn::stored(&state)), Some(state.clone()));
        for (values, expected) in [(["", "y"], ["", "y"]), (["x", ""], ["x", "y"]), (["x", "z"], ["x", "z"])]
        {
            let mut payload = Vec::new();
            assert!(values.iter().all(|value| push_value(&mut payload, value.as_bytes())));
            rule.update(&mut state, Values::of(&payload));
            assert_eq!(state, expected.map(|value| value.as_bytes().to_vec()));
            assert_eq!(rule.restore(start, SplitOn::stored(&state)), Some(state.clone()));
        }
        assert_eq!(rule.restore(start, vec![b"x".to_vec()]), None);
    }
}
