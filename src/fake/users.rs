//! The users of visits.

use fastrand::Rng;

/// Users by how often they visit.
///
/// The rank of a visit's user is `users * U^3` with `U` uniform in 0 to 1 (the inverse of the distribution function
/// `(rank / users)^(1/3)`). So the rate of a user falls with the power -2/3 of the rank: the rank-size form of Zipf's
/// law with exponent 2/3, or, turned around, a Pareto law with tail index 3/2 for the number of visits of a user. One
/// in a hundred users makes 22% of the visits.
#[derive(Debug)]
pub(super) struct Users {
    count: u64,
}

impl Users {
    pub(super) fn new(count: u64) -> Self {
        Self { count: count.max(1) }
    }

    /// A user, counted from 1, the most frequent.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a rank is a share of the count, rounded down"
    )]
    pub(super) fn draw(&self, rng: &mut Rng) -> u64 {
        let uniform = rng.f64();
        let rank = (self.count as f64 * (uniform * uniform * uniform)) as u64;
        rank.min(self.count - 1) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_a_hundred_makes_a_fifth_of_the_visits() {
        let (users, mut rng) = (Users::new(1_000_000), Rng::with_seed(1));
        let drawn: Vec<u64> = (0..100_000).map(|_| users.draw(&mut rng)).collect();
        assert!(drawn.iter().all(|user| (1..=1_000_000).contains(user)));
        let frequent = drawn.iter().filter(|&&user| user <= 10_000).count();
        assert!((21_000..22_100).contains(&frequent), "{frequent}");
        assert!(drawn.iter().any(|&user| user > 990_000));
    }

    #[test]
    fn there_is_always_someone() {
        assert_eq!(Users::new(0).draw(&mut Rng::with_seed(1)), 1);
        let all = Users::new(u64::MAX);
        assert!(all.draw(&mut Rng::with_seed(1)) >= 1);
    }
}
