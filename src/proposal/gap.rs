//! Proposes a gap from the pauses between events.

use super::pauses::Pauses;

/// The usual gap of web analytics, in minutes.
const CUSTOM_MIN: i64 = 30;

/// The gaps to choose from, in minutes.
const GAPS_MIN: [i64; 13] = [1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 240, 480];

/// Fewer pauses show nothing.
const MIN_PAUSES: usize = 20;

/// A proposed gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GapProposal {
    /// The gap, in minutes.
    pub minutes: i64,
    /// Whether the pauses show it: short ones below it, long ones above it, few of about its length. Otherwise it is the usual
    /// one.
    pub is_shown: bool,
}

/// The gap with the fewest pauses near it: the valley between the pauses inside visits and those between visits. Most pauses
/// must be shorter, and some longer. Of equal gaps, the one nearest to half an hour.
pub fn propose_gap(pauses: &Pauses) -> GapProposal {
    let minute_us = 60_000_000;
    let about = |minutes: i64| pauses.up_to(minutes * 2 * minute_us) - pauses.up_to(minutes * minute_us / 2);
    let all = pauses.lengths_us.len();
    let parts = |minutes: &&i64| {
        let shorter = pauses.up_to(**minutes * minute_us / 2);
        shorter * 2 >= all && pauses.up_to(**minutes * 2 * minute_us) < all
    };
    let distance = |minutes: i64| (minutes.max(CUSTOM_MIN) * 100) / minutes.min(CUSTOM_MIN);
    let best = GAPS_MIN.iter().filter(parts).min_by_key(|&&minutes| (about(minutes), distance(minutes)));
    match best {
        Some(&minutes) if all >= MIN_PAUSES => GapProposal { minutes, is_shown: true },
        _ => GapProposal { minutes: CUSTOM_MIN, is_shown: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposed(seconds: &[(i64, usize)]) -> (i64, bool) {
        let mut lengths_us: Vec<i64> =
            seconds.iter().flat_map(|&(second, count)| vec![second * 1_000_000; count]).collect();
        lengths_us.sort_unstable();
        let GapProposal { minutes, is_shown } = propose_gap(&Pauses { lengths_us });
        (minutes, is_shown)
    }

    #[test]
    fn the_gap_lies_in_the_valley_between_short_and_long_pauses() {
        // Clicks every half minute, the next visit a day later: half an hour is as good as any, and usual.
        assert_eq!(proposed(&[(30, 100), (86_400, 20)]), (30, true));
        // Visits an hour apart: 30 minutes would be next to them.
        assert_eq!(proposed(&[(30, 100), (3_000, 50), (3_600, 50)]), (20, true));
        // Reading takes long: pauses of 20 minutes lie inside of visits.
        assert_eq!(proposed(&[(1_200, 100), (30_000, 20)]), (45, true));
    }

    #[test]
    fn without_a_valley_it_is_the_usual_one() {
        assert_eq!(proposed(&[]), (30, false));
        assert_eq!(proposed(&[(30, 10), (86_400, 5)]), (30, false), "too few");
        assert_eq!(proposed(&[(60, 1_000)]), (30, false), "a sensor has no visits");
        assert_eq!(proposed(&[(86_400, 1_000)]), (30, false), "one event a day");
    }
}
