//! One comparison of a condition: a column, an operator, an operand.

use super::decimal::Decimal;
use super::operator::Operator;
use super::pattern::Pattern;
use super::words::{column_text, quoted, split_column, split_value, value_text};
use std::fmt;

/// A comparison as text, in the canonical form of all with the same meaning.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ComparisonText {
    pub(super) column: String,
    operator: Operator,
    operand: OperandText,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum OperandText {
    Text(String),
    /// A number in the form of [`Decimal`]; only after an operator of order.
    Number(String),
}

impl ComparisonText {
    /// Parses a comparison at the start of the text. Returns it with the text after `and`, which is `None` without an `and`.
    ///
    /// # Errors
    /// Why it is not a comparison.
    pub(super) fn split_from(text: &str) -> Result<(Self, Option<&str>), String> {
        let (column, operator, rest) = split_column(text)?;
        let (value, behind) = split_value(rest)?;
        if value.text.is_empty() && (operator.is_ordered() || operator.is_pattern()) {
            return Err(format!("nothing follows the operator {} of {column}", operator.text()));
        }
        if operator.is_pattern() {
            Pattern::read(&value.text)?;
        }
        let number =
            Decimal::read(value.text.as_bytes()).filter(|_| operator.is_ordered() && !value.is_quoted);
        let operand = match number {
            Some(number) => OperandText::Number(number.to_string()),
            None => OperandText::Text(value.text),
        };
        Ok((Self { column, operator, operand }, behind))
    }

    /// Whether it uses a regular expression.
    pub(super) const fn is_pattern(&self) -> bool {
        self.operator.is_pattern()
    }

    /// Whether it compares numbers.
    pub(super) const fn is_of_numbers(&self) -> bool {
        matches!(self.operand, OperandText::Number(_))
    }

    /// The same with the operand replaced by `text_of`, compared in the order of bytes.
    ///
    /// # Errors
    /// Those of `text_of`.
    pub(super) fn with_text(
        self,
        text_of: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<Self, String> {
        let (OperandText::Text(text) | OperandText::Number(text)) = &self.operand;
        Ok(Self { operand: OperandText::Text(text_of(text)?), ..self })
    }

    /// Compiles the comparison.
    ///
    /// # Errors
    /// Why the regular expression is not valid.
    pub(super) fn compile(&self) -> Result<Comparison, String> {
        Ok(match (self.operator, &self.operand) {
            (Operator::Equal, _) => Comparison::Equal { value: self.bytes(), negated: false },
            (Operator::NotEqual, _) => Comparison::Equal { value: self.bytes(), negated: true },
            (Operator::Matches, OperandText::Text(text) | OperandText::Number(text)) => {
                Comparison::Matching { pattern: Pattern::read(text)?, negated: false }
            }
            (Operator::MatchesNot, OperandText::Text(text) | OperandText::Number(text)) => {
                Comparison::Matching { pattern: Pattern::read(text)?, negated: true }
            }
            (operator, OperandText::Number(_)) => Comparison::Number { operator, operand: self.bytes() },
            (operator, OperandText::Text(_)) => Comparison::Text { operator, operand: self.bytes() },
        })
    }

    fn bytes(&self) -> Vec<u8> {
        let (OperandText::Text(text) | OperandText::Number(text)) = &self.operand;
        text.clone().into_bytes()
    }
}

impl fmt::Display for ComparisonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operand = match &self.operand {
            OperandText::Number(number) => number.clone(),
            // In quotes it is a text, even if it looks like a number.
            OperandText::Text(text)
                if self.operator.is_ordered() && Decimal::read(text.as_bytes()).is_some() =>
            {
                quoted(text)
            }
            OperandText::Text(text) => value_text(text),
        };
        write!(f, "{}{}{operand}", column_text(&self.column), self.operator.text())
    }
}

/// A compiled comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Comparison {
    /// By equality of bytes.
    Equal { value: Vec<u8>, negated: bool },
    /// Anywhere in the value.
    Matching { pattern: Pattern, negated: bool },
    /// In the order of numbers.
    Number { operator: Operator, operand: Vec<u8> },
    /// In the order of bytes.
    Text { operator: Operator, operand: Vec<u8> },
}

impl Comparison {
    /// Whether `value` meets it; an empty value is a missing one. Linear in its bytes, and for regular expressions also in the
    /// length of the expression.
    pub(super) fn holds(&self, value: &[u8]) -> bool {
        match self {
            Self::Equal { value: wanted, negated } => (value == wanted.as_slice()) != *negated,
            Self::Matching { pattern, negated } => pattern.is_match(value) != *negated,
            Self::Number { operator, operand } => {
                let numbers = Decimal::read(value).zip(Decimal::read(operand));
                numbers.is_some_and(|(value, operand)| operator.accepts(value.cmp(&operand)))
            }
            Self::Text { operator, operand } => {
                !value.is_empty() && operator.accepts(value.cmp(operand.as_slice()))
            }
        }
    }
}
