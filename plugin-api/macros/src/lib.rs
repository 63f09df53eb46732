//! `#[derive(Parameters)]`, which turns a struct into the described, checked parameters of a strategy.
//!
//! Use it through `genomenas-plugin`, where the trait of the same name explains it.

mod attribute;
mod field;
mod flat;
mod generate;
mod literal;
mod member;
mod part;
mod schema;
mod shape;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct with named fields the parameters of a strategy.
///
/// Each field is a parameter: its doc comment is the description, its type one of `bool`, an integer, `f32`, `f64`,
/// `String`, a `Vec` of those or an `Option` of any of these. `#[parameter(…)]` takes
///
/// * `default = …`: a literal or a list of literals; required unless the type is an `Option`,
/// * `minimum = …`, `maximum = …`: the inclusive bounds of a number, or of each number of a list,
/// * `one_of = ["…", …]`: the choices of a string, or of each string of a list,
/// * `acts_on = "training"`: it goes into the plan by which trials train, and not into their networks; `plugin info` says so.
///
/// Two kinds of fields are not parameters themselves:
///
/// * `#[parameter(flatten)]`: the type derives `Parameters`, too, and its parameters stand among those of the struct, in
///   this place. After `flatten`, `NAME = …` sets another default for one of
///   them, and `NAME(default = …, about = "…")` another default, another description or both. A name that the type does not have, a
///   default that it does not allow, and a name that two fields share do not compile.
/// * `#[parameter(skip)]`: the field is the `Default` of its type, for the program to fill in.
///
/// The derive writes `Default`, `Deserialize` (absent parameters take their defaults; unknown names and values out of
/// range are refused with a message that says what was expected) and the JSON Schema that `plugin info` shows.
#[proc_macro_derive(Parameters, attributes(parameter))]
pub fn derive_parameters(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    generate::parameters(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
