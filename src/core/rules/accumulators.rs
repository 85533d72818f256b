//! The accumulators of one open session.

use crate::core::aggregates::Accumulator;
use std::ops::{Deref, DerefMut};

/// Accumulators in the order of the aggregates. A single one lies in the session itself: no memory elsewhere, and no second line of
/// cache for each event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accumulators {
    /// One aggregate.
    One(Accumulator),
    /// None, or several.
    Several(Box<[Accumulator]>),
}

impl FromIterator<Accumulator> for Accumulators {
    fn from_iter<I: IntoIterator<Item = Accumulator>>(accumulators: I) -> Self {
        let mut accumulators = accumulators.into_iter();
        match (accumulators.next(), accumulators.next()) {
            (Some(one), None) => Self::One(one),
            (first, second) => Self::Several(first.into_iter().chain(second).chain(accumulators).collect()),
        }
    }
}

impl Deref for Accumulators {
    type Target = [Accumulator];

    #[inline]
    fn deref(&self) -> &[Accumulator] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}

impl DerefMut for Accumulators {
    #[inline]
    fn deref_mut(&mut self) -> &mut [Accumulator] {
        match self {
            Self::One(one) => std::slice::from_mut(one),
            Self::Several(several) => several,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::aggregates::Function;

    #[test]
    fn any_number_of_accumulators_keeps_its_order() {
        let all: Vec<Accumulator> = Function::ALL.iter().map(|function| function.accumulator()).collect();
        for number in 0..all.len() {
            let accumulators: Accumulators = all.iter().take(number).cloned().collect();
            assert_eq!(*accumulators, all[..number]);
            assert_eq!(matches!(accumulators, Accumulators::One(_)), number == 1);
        }
    }

    #[test]
    fn an_accumulator_is_small_enough_to_lie_in_a_session() {
        assert!(size_of::<Accumulators>() <= 40, "{}", size_of::<Accumulators>());
    }
}
