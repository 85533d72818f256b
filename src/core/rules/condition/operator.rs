//! The operators of a comparison.

use std::cmp::Ordering;

/// How a value is held against an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Matches,
    MatchesNot,
}

impl Operator {
    /// All of them; of two that begin alike the longer one stands first.
    const ALL: [Self; 8] = [
        Self::NotEqual,
        Self::MatchesNot,
        Self::AtMost,
        Self::AtLeast,
        Self::Equal,
        Self::Less,
        Self::Greater,
        Self::Matches,
    ];

    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Matches => "~",
            Self::MatchesNot => "!~",
        }
    }

    /// The operator with which `text` begins, and what stands behind it.
    pub(super) fn split_from(text: &str) -> Option<(Self, &str)> {
        Self::ALL.into_iter().find_map(|operator| Some((operator, text.strip_prefix(operator.text())?)))
    }

    /// Whether it compares by order, and so numbers as numbers.
    pub(super) const fn is_ordered(self) -> bool {
        matches!(self, Self::Less | Self::AtMost | Self::Greater | Self::AtLeast)
    }

    /// Whether it asks for a regular expression.
    pub(super) const fn is_pattern(self) -> bool {
        matches!(self, Self::Matches | Self::MatchesNot)
    }

    /// Whether a value that stands so to the operand fulfils the comparison.
    pub(super) const fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
            Self::Matches | Self::MatchesNot => false,
        }
    }
}
