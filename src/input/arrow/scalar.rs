//! Values that are not nested, as the texts that CSV would have.

use super::moment::{MomentText, write_clock, write_date};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, ByteArrayType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    Decimal256Type, DecimalType, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType,
    DurationSecondType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    IntervalDayTimeType, IntervalMonthDayNanoType, IntervalYearMonthType, Time32MillisecondType,
    Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{AnyDictionaryArray, Array, GenericByteArray};
use arrow_schema::{DataType, IntervalUnit, TimeUnit};
use std::fmt::Display;

/// Appends the value of a row that has one.
pub(super) type WriteText<'a> = Box<dyn FnMut(usize, &mut Vec<u8>) + 'a>;

const DAY_MS: i64 = 86_400_000;

/// What writes the values of `array`; `None` for one whose values are nested, or of no kind that files have.
pub(super) fn text_of(array: &dyn Array) -> Option<WriteText<'_>> {
    Some(match array.data_type() {
        DataType::Null => Box::new(|_, _| {}),
        DataType::Boolean => {
            let values = array.as_boolean();
            Box::new(|row, out| out.extend_from_slice(if values.value(row) { b"true" } else { b"false" }))
        }
        DataType::Utf8View => {
            let values = array.as_string_view();
            Box::new(|row, out| out.extend_from_slice(values.value(row).as_bytes()))
        }
        DataType::BinaryView => {
            let values = array.as_binary_view();
            Box::new(|row, out| out.extend_from_slice(values.value(row)))
        }
        DataType::Utf8 => bytes(array.as_string::<i32>()),
        DataType::LargeUtf8 => bytes(array.as_string::<i64>()),
        DataType::Binary => bytes(array.as_binary::<i32>()),
        DataType::LargeBinary => bytes(array.as_binary::<i64>()),
        DataType::Dictionary(..) => return dictionary(array.as_any_dictionary()),
        DataType::FixedSizeBinary(_) => {
            let values = array.as_fixed_size_binary();
            Box::new(|row, out| out.extend_from_slice(values.value(row)))
        }
        _ => return number_text(array).or_else(|| time_text(array)),
    })
}

fn number_text(array: &dyn Array) -> Option<WriteText<'_>> {
    Some(match array.data_type() {
        DataType::Int8 => integers::<Int8Type>(array),
        DataType::Int16 => integers::<Int16Type>(array),
        DataType::Int32 => integers::<Int32Type>(array),
        DataType::Int64 => integers::<Int64Type>(array),
        DataType::UInt8 => integers::<UInt8Type>(array),
        DataType::UInt16 => integers::<UInt16Type>(array),
        DataType::UInt32 => integers::<UInt32Type>(array),
        DataType::UInt64 => integers::<UInt64Type>(array),
        DataType::Float16 => values::<Float16Type>(array, |value, out| write_float(value.to_f32(), out)),
        DataType::Float32 => values::<Float32Type>(array, write_float),
        DataType::Float64 => values::<Float64Type>(array, write_float),
        DataType::Decimal32(..) => decimals::<Decimal32Type>(array),
        DataType::Decimal64(..) => decimals::<Decimal64Type>(array),
        DataType::Decimal128(..) => decimals::<Decimal128Type>(array),
        DataType::Decimal256(..) => decimals::<Decimal256Type>(array),
        _ => return None,
    })
}

fn time_text(array: &dyn Array) -> Option<WriteText<'_>> {
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    Some(match array.data_type() {
        DataType::Timestamp(unit, zone) => {
            let mut moments = MomentText::new(*unit, zone.is_some());
            let write = move |count, out: &mut Vec<u8>| moments.write(count, out);
            match unit {
                Second => values::<TimestampSecondType>(array, write),
                Millisecond => values::<TimestampMillisecondType>(array, write),
                Microsecond => values::<TimestampMicrosecondType>(array, write),
                Nanosecond => values::<TimestampNanosecondType>(array, write),
            }
        }
        DataType::Date32 => values::<Date32Type>(array, write_date),
        DataType::Date64 => values::<Date64Type>(array, |ms, out| {
            write_date(i32::try_from(ms.div_euclid(DAY_MS)).unwrap_or(i32::MAX), out);
        }),
        DataType::Time32(Second) => {
            values::<Time32SecondType>(array, |count, out| write_clock(count.into(), Second, out))
        }
        DataType::Time32(_) => {
            values::<Time32MillisecondType>(array, |count, out| write_clock(count.into(), Millisecond, out))
        }
        DataType::Time64(Microsecond) => {
            values::<Time64MicrosecondType>(array, |count, out| write_clock(count, Microsecond, out))
        }
        DataType::Time64(_) => {
            values::<Time64NanosecondType>(array, |count, out| write_clock(count, Nanosecond, out))
        }
        DataType::Duration(Second) => integers::<DurationSecondType>(array),
        DataType::Duration(Millisecond) => integers::<DurationMillisecondType>(array),
        DataType::Duration(Microsecond) => integers::<DurationMicrosecondType>(array),
        DataType::Duration(Nanosecond) => integers::<DurationNanosecondType>(array),
        DataType::Interval(unit) => interval_text(array, *unit),
        _ => return None,
    })
}

/// Intervals as in ISO 8601: `P1M2DT3.5S`.
fn interval_text(array: &dyn Array, unit: IntervalUnit) -> WriteText<'_> {
    let write = |text: String, out: &mut Vec<u8>| out.extend_from_slice(text.as_bytes());
    match unit {
        IntervalUnit::YearMonth => {
            values::<IntervalYearMonthType>(array, move |months, out| write(format!("P{months}M"), out))
        }
        IntervalUnit::DayTime => values::<IntervalDayTimeType>(array, move |value, out| {
            write(format!("P{}DT{}S", value.days, f64::from(value.milliseconds) / 1e3), out);
        }),
        IntervalUnit::MonthDayNano => values::<IntervalMonthDayNanoType>(array, move |value, out| {
            let (seconds, ns) =
                (value.nanoseconds / 1_000_000_000, (value.nanoseconds % 1_000_000_000).abs());
            write(format!("P{}M{}DT{seconds}.{ns:09}S", value.months, value.days), out);
        }),
    }
}

fn bytes<T: ByteArrayType>(array: &GenericByteArray<T>) -> WriteText<'_> {
    Box::new(|row, out| out.extend_from_slice(array.value(row).as_ref()))
}

/// The values of a dictionary, which has any if a row has one.
fn dictionary(array: &dyn AnyDictionaryArray) -> Option<WriteText<'_>> {
    if array.values().is_empty() {
        return Some(Box::new(|_, _| {}));
    }
    let keys = array.normalized_keys();
    let mut write = text_of(array.values().as_ref())?;
    Some(Box::new(move |row, out| write(keys[row], out)))
}

fn values<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    mut write: impl FnMut(T::Native, &mut Vec<u8>) + 'a,
) -> WriteText<'a> {
    let values = array.as_primitive::<T>();
    Box::new(move |row, out| write(values.value(row), out))
}

fn integers<T: ArrowPrimitiveType>(array: &dyn Array) -> WriteText<'_>
where
    T::Native: itoa::Integer,
{
    let mut buffer = itoa::Buffer::new();
    values::<T>(array, move |value, out| out.extend_from_slice(buffer.format(value).as_bytes()))
}

fn decimals<T: DecimalType>(array: &dyn Array) -> WriteText<'_> {
    let values = array.as_primitive::<T>();
    Box::new(|row, out| out.extend_from_slice(values.value_as_string(row).as_bytes()))
}

/// Appends the shortest digits that mean this number and no other, at least one behind the point.
fn write_float(value: impl Display + Into<f64> + Copy, out: &mut Vec<u8>) {
    let number: f64 = value.into();
    out.extend_from_slice(value.to_string().as_bytes());
    if number.is_finite() && number.fract() == 0.0 {
        out.extend_from_slice(b".0");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Decimal128Array, Float32Array, Float64Array, UInt64Array};

    fn texts(array: &dyn Array) -> Vec<String> {
        let mut write = text_of(array).unwrap();
        let text = |row| {
            let mut out = Vec::new();
            write(row, &mut out);
            String::from_utf8(out).unwrap()
        };
        (0..array.len()).map(text).collect()
    }

    #[test]
    fn numbers_have_the_digits_that_mean_them() {
        let floats = Float64Array::from(vec![0.1, 1.0, -0.0, 1e21, f64::NAN, f64::INFINITY, 1e-7]);
        assert_eq!(
            texts(&floats),
            ["0.1", "1.0", "-0.0", "1000000000000000000000.0", "NaN", "inf", "0.0000001"]
        );
        assert_eq!(texts(&Float32Array::from(vec![0.1, 16_777_216.0])), ["0.1", "16777216.0"]);
        assert_eq!(texts(&UInt64Array::from(vec![u64::MAX])), ["18446744073709551615"]);
        let decimals = Decimal128Array::from(vec![5, -150, 0]).with_precision_and_scale(10, 2).unwrap();
        assert_eq!(texts(&decimals), ["0.05", "-1.50", "0.00"]);
    }
}
