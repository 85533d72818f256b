//! The columns that somebody has named, among those that there are.

use super::names::nearest;
use crate::definition::ColumnRequest;
use crate::input::{Naming, ShownColumns};

/// Where the columns are that somebody has named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Their places.
    pub places: Vec<usize>,
    /// The names of those that were mistyped, as they should be.
    pub meant: Vec<String>,
}

/// Where the columns of `requests` are; a name that no column has stands for the nearest one. `None` if one is nowhere.
pub fn named_places(requests: &[ColumnRequest], shown: &ShownColumns) -> Option<Named> {
    let mut named = Named { places: Vec::new(), meant: Vec::new() };
    for request in requests {
        let place = match request {
            ColumnRequest::Number(number) => {
                let place = (*number as usize).checked_sub(1)?;
                (shown.naming != Naming::Names && place < shown.names.len()).then_some(place)
            }
            ColumnRequest::Name(_) if shown.naming == Naming::Numbers => None,
            ColumnRequest::Name(name) => {
                let is_there = shown.names.contains(name);
                let meant = if is_there { name } else { nearest(name, shown.names.iter())? };
                named.meant.extend((!is_there).then(|| meant.clone()));
                shown.names.iter().position(|other| other == meant)
            }
        };
        named.places.push(place?);
    }
    Some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(requests: &[&str], naming: Naming) -> Option<(Vec<usize>, Vec<String>)> {
        let shown = ShownColumns {
            names: ["user_id", "ts", "page"].map(str::to_owned).to_vec(),
            naming,
            times: Vec::new(),
        };
        let requests: Vec<ColumnRequest> = requests.iter().map(|text| ColumnRequest::read(text)).collect();
        named_places(&requests, &shown).map(|named| (named.places, named.meant))
    }

    #[test]
    fn a_mistyped_name_stands_for_the_nearest() {
        assert_eq!(places(&["page", "2"], Naming::Header), Some((vec![2, 1], vec![])));
        assert_eq!(places(&["userid"], Naming::Header), Some((vec![0], vec!["user_id".to_owned()])));
        assert_eq!(places(&["campaign"], Naming::Header), None);
        assert_eq!(places(&["4"], Naming::Header), None);
        assert_eq!(places(&["1"], Naming::Names), None);
        assert_eq!(places(&["page"], Naming::Numbers), None);
    }
}
