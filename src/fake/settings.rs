//! The settings of generated page views.

/// The settings of generated page views.
#[derive(Debug, Clone, PartialEq)]
pub struct FakeSettings {
    /// The exact number of rows.
    pub rows: u64,
    /// The number of users; at least one. Not all of them need to appear.
    pub users: u64,
    /// The number of days, from 2020-01-01 on, over which the visits begin; 1 to 36,525.
    pub days: u32,
    /// The seed: another seed gives other rows.
    pub seed: u64,
    /// The longest delay of a row in the output, in microseconds; zero gives rows in order of time.
    pub disorder_us: i64,
    /// The mean number of events of a visit; at least one.
    pub events_per_session: f64,
    /// How a user is written.
    pub keys: FakeKeys,
}

/// How generated rows write a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FakeKeys {
    /// `u17`.
    #[default]
    Short,
    /// A UUID of version 4, as trackers write them: 36 bytes that differ from the first one on.
    Uuid,
}
