//! Packed values of aggregates: a batch of sessions is filled and emptied without an allocation for each value.

use crate::core::aggregates::Value;
use crate::core::event::Timestamp;
use std::ops::Range;

/// A value whose text is in the buffers next to it.
#[derive(Debug, Clone)]
enum Packed {
    Null,
    Bool(bool),
    Int(u64),
    AtLeast(u64),
    Float(f64),
    Timestamp(Timestamp),
    Decimal(Range<usize>),
    Text(Range<usize>),
    List { texts: Range<usize>, more: bool },
}

/// Values in the order in which they were pushed.
#[derive(Debug, Clone, Default)]
pub(super) struct PackedValues {
    values: Vec<Packed>,
    decimals: String,
    texts: Vec<u8>,
    /// Where each text of a list is.
    elements: Vec<Range<usize>>,
}

impl PackedValues {
    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.decimals.clear();
        self.texts.clear();
        self.elements.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn push(&mut self, value: &Value<'_>) {
        let packed = match value {
            Value::Null => Packed::Null,
            Value::Bool(is_true) => Packed::Bool(*is_true),
            Value::Int(int) => Packed::Int(*int),
            Value::AtLeast(int) => Packed::AtLeast(*int),
            Value::Float(number) => Packed::Float(*number),
            Value::Timestamp(time) => Packed::Timestamp(*time),
            Value::Decimal(number) => {
                let start = self.decimals.len();
                self.decimals.push_str(number);
                Packed::Decimal(start..self.decimals.len())
            }
            Value::Text(text) => Packed::Text(self.push_text(text)),
            Value::List { values, more } => {
                let start = self.elements.len();
                for text in values {
                    let element = self.push_text(text);
                    self.elements.push(element);
                }
                Packed::List { texts: start..self.elements.len(), more: *more }
            }
        };
        self.values.push(packed);
    }

    /// The value at `place`; null if there is none.
    pub(super) fn get(&self, place: usize) -> Value<'_> {
        match self.values.get(place) {
            None | Some(Packed::Null) => Value::Null,
            Some(Packed::Bool(is_true)) => Value::Bool(*is_true),
            Some(Packed::Int(int)) => Value::Int(*int),
            Some(Packed::AtLeast(int)) => Value::AtLeast(*int),
            Some(Packed::Float(number)) => Value::Float(*number),
            Some(Packed::Timestamp(time)) => Value::Timestamp(*time),
            Some(Packed::Decimal(range)) => Value::Decimal(self.decimals[range.clone()].into()),
            Some(Packed::Text(range)) => Value::Text(&self.texts[range.clone()]),
            Some(Packed::List { texts, more }) => {
                let elements = self.elements[texts.clone()].iter();
                let values = elements.map(|range| &self.texts[range.clone()]).collect();
                Value::List { values, more: *more }
            }
        }
    }

    fn push_text(&mut self, text: &[u8]) -> Range<usize> {
        let start = self.texts.len();
        self.texts.extend_from_slice(text);
        start..self.texts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_comes_back_also_after_the_buffers_were_used_before() {
        let values = [
            Value::Text(b"\xFFtext"),
            Value::Null,
            Value::List { values: vec![b"a", b"", b"b,c"], more: true },
            Value::Bool(true),
            Value::Int(u64::MAX),
            Value::Decimal("-0.10".into()),
            Value::AtLeast(3),
            Value::List { values: vec![], more: false },
            Value::Float(-0.5),
            Value::Timestamp(Timestamp::MIN),
            Value::Text(b""),
            Value::Decimal("7".into()),
        ];
        let mut packed = PackedValues::default();
        for _ in 0..2 {
            packed.clear();
            for value in &values {
                packed.push(value);
            }
            let read: Vec<_> = (0..packed.len()).map(|place| packed.get(place)).collect();
            assert_eq!(read, values);
        }
        assert_eq!(packed.get(values.len()), Value::Null);
    }
}
