//! The types that a parameter can have.

use serde_json::Value;

use super::field::{Field, Values};

/// A type that a parameter can have.
pub trait ParameterValue: Sized {
    /// The value, or `None` where it is not what the field expects.
    fn read(value: &Value, field: &Field) -> Option<Self>;
}

impl ParameterValue for bool {
    fn read(value: &Value, _: &Field) -> Option<Self> {
        value.as_bool()
    }
}

impl ParameterValue for String {
    fn read(value: &Value, field: &Field) -> Option<Self> {
        let text = value.as_str()?;
        let allowed = match field.values {
            Values::Text { one_of } => one_of.is_empty() || one_of.contains(&text),
            _ => true,
        };
        allowed.then(|| text.to_owned())
    }
}

impl ParameterValue for f64 {
    fn read(value: &Value, field: &Field) -> Option<Self> {
        let number = value.as_f64()?;
        let allowed = match field.values {
            Values::Number { least, most } => least <= number && number <= most,
            _ => true,
        };
        allowed.then_some(number)
    }
}

impl ParameterValue for f32 {
    fn read(value: &Value, field: &Field) -> Option<Self> {
        let number = f64::read(value, field)?;
        #[expect(clippy::cast_possible_truncation, reason = "rounds to the nearest f32; what overflows is refused")]
        let narrow = number as Self;
        narrow.is_finite().then_some(narrow)
    }
}

impl<T: ParameterValue> ParameterValue for Vec<T> {
    fn read(value: &Value, field: &Field) -> Option<Self> {
        // One value is a list of one: `epochs=20` for `epochs=[20]`.
        value.as_array().map_or_else(
            || Some(vec![T::read(value, field)?]),
            |items| items.iter().map(|item| T::read(item, field)).collect(),
        )
    }
}

impl<T: ParameterValue> ParameterValue for Option<T> {
    fn read(value: &Value, field: &Field) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::read(value, field).map(Some) }
    }
}

macro_rules! integers {
    ($($name:ty),*) => {$(
        impl ParameterValue for $name {
            fn read(value: &Value, field: &Field) -> Option<Self> {
                let number = whole(value)?;
                let allowed = match field.values {
                    Values::Integer { least, most } => least <= number && number <= most,
                    _ => true,
                };
                if allowed { number.try_into().ok() } else { None }
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

/// A whole number, also when it was written as `8.0` or `1e3`, as JSON Schema has it.
fn whole(value: &Value) -> Option<i128> {
    if let Some(number) = value.as_i64() {
        return Some(number.into());
    }
    if let Some(number) = value.as_u64() {
        return Some(number.into());
    }
    let number = value.as_f64()?;
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53 in size, where every integer is exact")]
    let whole = (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i128);
    whole
}
