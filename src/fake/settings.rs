//! What page views are made up.

/// What is made up.
#[derive(Debug, Clone, PartialEq)]
pub struct FakeSettings {
    /// How many rows, exactly.
    pub rows: u64,
    /// How many users there are to draw from; at least one. Not all of them need to appear.
    pub users: u64,
    /// How many days, from 2020-01-01 on, the beginnings of visits are spread over; 1 to 36,525.
    pub days: u32,
    /// Another seed gives other rows.
    pub seed: u64,
    /// How much later than its time a row may stand in the output, in microseconds; zero gives rows in order of time.
    pub disorder_us: i64,
    /// The mean number of events of a visit; at least one.
    pub events_per_session: f64,
}
