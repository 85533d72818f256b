//! The operators of a comparison.

use std::cmp::Ordering;

/// How a value is compared with an operand.
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
    /// All operators. Of two with the same beginning, the longer one comes first.
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

    /// The operator at the start of `text`, and the rest.
    pub(super) fn split_from(text: &str) -> Option<(Self, &str)> {
        Self::ALL.into_iter().find_map(|operator| Some((operator, text.strip_prefix(operator.text())?)))
    }

    /// Whether it compares order, and therefore numbers as numbers.
    pub(super) const fn is_ordered(self) -> bool {
        matches!(self, Self::Less | Self::AtMost | Self::Greater | Self::AtLeast)
    }

    /// Whether it uses a regular expression.
    pub(super) const fn is_pattern(self) -> bool {
        matches!(self, Self::Matches | Self::MatchesNot)
    }

    /// Whether a value in this order to the operand meets the comparison.
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
