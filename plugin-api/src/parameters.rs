//! The parameters of a strategy: described, with defaults, checked before the strategy sees them.
//!
//! An author writes a struct and derives [`Parameters`]; users set its fields by name, on the command line or in a
//! comparison file, and are told what is wrong in words.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Error, Result};

#[doc(inline)]
pub use genomenas_plugin_macros::Parameters;

/// What a strategy can be set to. Derive it: `#[derive(Parameters)]`.
///
/// ```
/// use genomenas_plugin::Parameters;
///
/// /// How the search goes.
/// #[derive(Debug, PartialEq, Parameters)]
/// struct Search {
///     /// Architectures to train.
///     #[parameter(default = 8, minimum = 1, maximum = 1000)]
///     trials: u32,
///     /// What to rank them by.
///     #[parameter(default = "auroc", one_of = ["auroc", "auprc"])]
///     metric: String,
/// }
///
/// let set = serde_json::json!({ "trials": 20 });
/// let search = Search::from_map(set.as_object().unwrap()).unwrap();
/// assert_eq!(search, Search { trials: 20, metric: "auroc".to_owned() });
///
/// let wrong = serde_json::json!({ "trials": 0 });
/// let refusal = Search::from_map(wrong.as_object().unwrap()).unwrap_err();
/// assert_eq!(
///     refusal.message,
///     "parameter `trials`: expected an integer from 1 to 1000, got 0; the parameters are trials, metric"
/// );
/// ```
pub trait Parameters: Default + DeserializeOwned {
    /// The parameters as a JSON Schema (draft 2020-12): an object with one property each.
    const SCHEMA: &'static str;

    /// The parameters that `map` sets, the others at their defaults.
    ///
    /// # Errors
    ///
    /// A name that is not known, or a value of another type or out of range.
    fn from_map(map: &Map<String, Value>) -> Result<Self>;
}

/// No parameters at all: what [`register!`](crate::register!) takes where none are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoParameters;

impl Parameters for NoParameters {
    const SCHEMA: &'static str = r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{},"additionalProperties":false}"#;

    fn from_map(map: &Map<String, Value>) -> Result<Self> {
        refuse_unknown(map, &[])?;
        Ok(Self)
    }
}

impl<'de> serde::Deserialize<'de> for NoParameters {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = Map::deserialize(deserializer)?;
        Self::from_map(&map).map_err(serde::de::Error::custom)
    }
}

/// The name in `known` that `name` was probably meant to be.
pub fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let scored = known.into_iter().map(|other| (strsim::jaro_winkler(&wanted, &other.to_lowercase()), other));
    scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, other)| other)
}

/// One parameter as the derive describes it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub expected: &'static str,
    pub range: Range,
    pub one_of: &'static [&'static str],
}

/// The bounds of a parameter's numbers, inclusive.
#[doc(hidden)]
#[derive(Debug)]
pub enum Range {
    Any,
    Integer(i128, i128),
    Number(f64, f64),
}

/// A type that a parameter can have.
#[doc(hidden)]
pub trait ParameterValue: Sized {
    /// The value, or `None` where it is not what the field expects.
    fn read(value: &Value, field: &Field) -> Option<Self>;
}

/// Refuses the names that no field has, all at once.
#[doc(hidden)]
pub fn refuse_unknown(map: &Map<String, Value>, fields: &[Field]) -> Result<()> {
    let known = || fields.iter().map(|field| field.name);
    let unknown: Vec<_> = map.keys().filter(|name| known().all(|other| other != name.as_str())).collect();
    let [first, ..] = unknown.as_slice() else {
        return Ok(());
    };
    let names = unknown.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let hint = match closest(first, known()) {
        Some(meant) if unknown.len() == 1 => format!(" (did you mean `{meant}`?)"),
        _ => String::new(),
    };
    let plural = if unknown.len() == 1 { "parameter" } else { "parameters" };
    Err(Error::invalid(format!("unknown {plural} {names}{hint}; {}", list(fields))))
}

/// The value of one field, or its default where `map` does not set it.
#[doc(hidden)]
pub fn read<T: ParameterValue>(map: &Map<String, Value>, fields: &[Field], number: usize, default: T) -> Result<T> {
    let Some(field) = fields.get(number) else {
        return Ok(default);
    };
    let Some(value) = map.get(field.name) else {
        return Ok(default);
    };
    T::read(value, field).ok_or_else(|| {
        let came = shortened(&value.to_string());
        let Field { name, expected, .. } = field;
        Error::invalid(format!("parameter `{name}`: expected {expected}, got {came}; {}", list(fields)))
    })
}

fn list(fields: &[Field]) -> String {
    if fields.is_empty() {
        return "there are none to set".to_owned();
    }
    let names: Vec<_> = fields.iter().map(|field| field.name).collect();
    format!("the parameters are {}", names.join(", "))
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 80 { text.to_owned() } else { text.chars().take(77).chain("...".chars()).collect() }
}

impl ParameterValue for bool {
    fn read(value: &Value, _: &Field) -> Option<Self> {
        value.as_bool()
    }
}

impl ParameterValue for String {
    fn read(value: &Value, field: &Field) -> Option<Self> {
        let text = value.as_str()?;
        (field.one_of.is_empty() || field.one_of.contains(&text)).then(|| text.to_owned())
    }
}

impl ParameterValue for f64 {
    fn read(value: &Value, field: &Field) -> Option<Self> {
        let number = value.as_f64()?;
        match field.range {
            Range::Number(least, most) => (least <= number && number <= most).then_some(number),
            Range::Any | Range::Integer(..) => Some(number),
        }
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
                let within = match field.range {
                    Range::Integer(least, most) => least <= number && number <= most,
                    Range::Any | Range::Number(..) => true,
                };
                if within { number.try_into().ok() } else { None }
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
