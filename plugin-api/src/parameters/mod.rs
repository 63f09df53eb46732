//! The parameters of a strategy: described, with defaults, checked before the strategy sees them.
//!
//! An author writes a struct and derives [`Parameters`]; users set its fields by name, on the command line or in a
//! comparison file. Names and values that cannot be used are refused with what was expected.

mod field;
mod schema;
mod value;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Error, Result};

use field::{Field, Values};
use value::ParameterValue;

#[doc(inline)]
pub use genomenas_plugin_macros::Parameters;

/// What the derive writes out. Nothing in here is for authors.
pub(crate) mod derived {
    pub use super::field::{DefaultValue, Field, Literal, Override, Part, Values, allows, count, has, join, overlap};
    pub use super::schema::{schema, schema_length, text};
    pub use super::{default_of, read};
}

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
///
/// Parameters that several strategies share stand in a struct of their own, which each of them flattens, with defaults of
/// its own where it needs them:
///
/// ```
/// # use genomenas_plugin::Parameters;
/// /// How a network is trained.
/// #[derive(Debug, PartialEq, Parameters)]
/// struct Training {
///     /// Samples a step.
///     #[parameter(default = 100, minimum = 1)]
///     batch: u32,
///     /// Learning rate at the start.
///     #[parameter(default = 0.001, minimum = 0, maximum = 10)]
///     learning_rate: f64,
/// }
///
/// /// How the search goes.
/// #[derive(Debug, PartialEq, Parameters)]
/// struct Search {
///     /// Architectures to train.
///     #[parameter(default = 8, minimum = 1)]
///     trials: u32,
///     #[parameter(flatten, learning_rate = 0.025)]
///     training: Training,
/// }
///
/// let set = serde_json::json!({ "trials": 20, "batch": 16 });
/// let search = Search::from_map(set.as_object().unwrap()).unwrap();
/// assert_eq!(search, Search { trials: 20, training: Training { batch: 16, learning_rate: 0.025 } });
/// ```
///
/// A default for a parameter that the struct does not have, or one that it does not allow, does not compile, nor do two
/// parameters of one name.
///
/// ```compile_fail,E0080
/// # use genomenas_plugin::Parameters;
/// # /// How a network is trained.
/// # #[derive(Parameters)]
/// # struct Training {
/// #     /// Samples a step.
/// #     #[parameter(default = 100, minimum = 1)]
/// #     batch: u32,
/// # }
/// #[derive(Parameters)]
/// struct Unknown {
///     #[parameter(flatten, bach = 16)]
///     training: Training,
/// }
/// ```
///
/// ```compile_fail,E0080
/// # use genomenas_plugin::Parameters;
/// # /// How a network is trained.
/// # #[derive(Parameters)]
/// # struct Training {
/// #     /// Samples a step.
/// #     #[parameter(default = 100, minimum = 1)]
/// #     batch: u32,
/// # }
/// #[derive(Parameters)]
/// struct OutOfRange {
///     #[parameter(flatten, batch = 0)]
///     training: Training,
/// }
/// ```
///
/// ```compile_fail,E0080
/// # use genomenas_plugin::Parameters;
/// # /// How a network is trained.
/// # #[derive(Parameters)]
/// # struct Training {
/// #     /// Samples a step.
/// #     #[parameter(default = 100, minimum = 1)]
/// #     batch: u32,
/// # }
/// #[derive(Parameters)]
/// struct Twice {
///     /// Samples a step.
///     #[parameter(default = 8)]
///     batch: u32,
///     #[parameter(flatten)]
///     training: Training,
/// }
/// ```
pub trait Parameters: Default + DeserializeOwned {
    /// The parameters as a JSON Schema (draft 2020-12): an object with one property each.
    const SCHEMA: &'static str;

    /// The parameters, in order.
    #[doc(hidden)]
    const FIELDS: &'static [Field];

    /// Returns the parameters that `map` sets, the others at their defaults.
    ///
    /// # Errors
    ///
    /// A name that is not known, or a value of another type or out of range.
    fn from_map(map: &Map<String, Value>) -> Result<Self> {
        refuse_unknown(map, Self::FIELDS)?;
        Self::read(map, Self::FIELDS)
    }

    /// The defaults that `fields`, which hold at least those of this type, say.
    #[doc(hidden)]
    fn defaults(fields: &[Field]) -> Self;

    /// What `map` sets of these parameters, the others at the defaults that `fields` say.
    #[doc(hidden)]
    fn read(map: &Map<String, Value>, fields: &[Field]) -> Result<Self>;
}

/// No parameters at all: what [`register!`](crate::register!) takes where none are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameters)]
pub struct NoParameters;

/// The name in `known` that `name` was probably meant to be.
pub fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let scored = known.into_iter().map(|other| (strsim::jaro_winkler(&wanted, &other.to_lowercase()), other));
    scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, other)| other)
}

/// Refuses the names that no field has, all at once.
fn refuse_unknown(map: &Map<String, Value>, fields: &[Field]) -> Result<()> {
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

/// The value of one parameter, or its default where `map` does not set it.
pub fn read<T: ParameterValue>(map: &Map<String, Value>, fields: &[Field], name: &str, default: T) -> Result<T> {
    let (Some(value), Some(field)) = (map.get(name), named(fields, name)) else {
        return Ok(default);
    };
    T::read(value, field).ok_or_else(|| {
        let (came, expected) = (shortened(&value.to_string()), field.expected);
        Error::invalid(format!("parameter `{name}`: expected {expected}, got {came}; {}", list(fields)))
    })
}

/// The default of one parameter: as `fields` says, or else its own.
pub fn default_of<T: ParameterValue>(fields: &[Field], name: &str, own: T) -> T {
    named(fields, name).and_then(|field| T::read(&field.default.value.value(), field)).unwrap_or(own)
}

/// The bounds of a parameter that is an integer.
pub(crate) fn integer_bounds(fields: &[Field], name: &str) -> Option<(u64, u64)> {
    match named(fields, name)?.values {
        Values::Integer { least, most } => Some((u64::try_from(least).ok()?, u64::try_from(most).ok()?)),
        _ => None,
    }
}

fn named<'a>(fields: &'a [Field], name: &str) -> Option<&'a Field> {
    fields.iter().find(|field| field.name == name)
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
