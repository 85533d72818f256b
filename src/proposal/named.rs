//! The named columns among those of a file.

use crate::definition::ColumnRequest;
use crate::input::{Naming, ShownColumns, nearest_name};

/// The positions of named columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Their places.
    pub places: Vec<usize>,
    /// The correct names of misspelled columns.
    pub meant: Vec<String>,
}

/// The positions of `requests`. A name without a column stands for the nearest one. `None` if one is not found.
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
                let meant = if is_there { name.as_str() } else { nearest_name(name, shown.names.iter())? };
                named.meant.extend((!is_there).then(|| meant.to_owned()));
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
