//! A parameter as a JSON Schema, and in words for messages.

use proc_macro2::TokenStream;
use quote::quote;
use serde::Serialize;
use serde_json::Value;

use crate::field::Field;
use crate::literal::Literal;
use crate::shape::Shape;

/// What a schema says of the values of a parameter, in the order in which it is written.
#[derive(Serialize)]
struct Constraints {
    r#type: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Box<Self>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#enum: Option<Vec<Value>>,
    /// A keyword of our own, which validators pass over.
    #[serde(skip_serializing_if = "Option::is_none")]
    acts_on: Option<&'static str>,
}

/// The members of the parameter's schema beside its description and its default, as JSON without the braces.
pub(crate) fn constraints(field: &Field) -> String {
    let all = match &field.shape {
        Shape::Optional(inner) => constraints_of(inner, field, true),
        shape => constraints_of(shape, field, false),
    };
    let json = json(&Constraints { acts_on: field.of_training.then_some("training"), ..all });
    let inner = json.strip_prefix('{').and_then(|json| json.strip_suffix('}'));
    inner.unwrap_or_default().to_owned()
}

/// A default as the code and as JSON; `None` is that of an optional parameter.
pub(crate) fn default(literal: Option<&Literal>) -> TokenStream {
    let (value, json) = match literal {
        Some(literal) => (literal.constant(), json(&literal.value())),
        None => (quote!(::genomenas_plugin::__private::Literal::Nothing), "null".to_owned()),
    };
    quote!(::genomenas_plugin::__private::DefaultValue { value: #value, json: #json })
}

/// Anything as JSON. Serialising what stands here into a text cannot fail.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// What a parameter must be, in words: `an integer from 1 to 100`.
pub(crate) fn expected(field: &Field) -> String {
    match &field.shape {
        Shape::Optional(inner) => format!("{}, or nothing", in_words(inner, field)),
        shape => in_words(shape, field),
    }
}

fn constraints_of(shape: &Shape, field: &Field, nullable: bool) -> Constraints {
    let name = match shape {
        Shape::Bool => "boolean",
        Shape::Integer { .. } => "integer",
        Shape::Number => "number",
        Shape::Text => "string",
        Shape::List(_) => "array",
        Shape::Optional(_) => "null",
    };
    let r#type = if nullable { vec![name, "null"].into() } else { name.into() };
    let (minimum, maximum) = match shape {
        Shape::Integer { .. } | Shape::Number => bounds(shape, field),
        _ => (None, None),
    };
    let choices = field.one_of.iter().map(|choice| Value::from(choice.as_str()));
    Constraints {
        r#type,
        items: match shape {
            Shape::List(inner) => Some(Box::new(constraints_of(inner, field, false))),
            _ => None,
        },
        minimum: minimum.map(|bound| bound.value()),
        maximum: maximum.map(|bound| bound.value()),
        r#enum: (*shape == Shape::Text && !field.one_of.is_empty())
            .then(|| choices.chain(nullable.then_some(Value::Null)).collect()),
        acts_on: None,
    }
}

/// The bounds worth saying: those of the attribute, else those of a narrow Rust type.
fn bounds(shape: &Shape, field: &Field) -> (Option<Literal>, Option<Literal>) {
    let (least, most) = match shape {
        Shape::Integer { least, most } => (
            (*least > i128::from(i64::MIN)).then_some(Literal::Integer(*least)),
            (*most < i128::from(i64::MAX)).then_some(Literal::Integer(*most)),
        ),
        _ => (None, None),
    };
    (field.minimum.clone().or(least), field.maximum.clone().or(most))
}

fn in_words(shape: &Shape, field: &Field) -> String {
    let (one, many) = match shape.scalar() {
        Shape::Bool => ("true or false", "true or false"),
        Shape::Integer { .. } => ("an integer", "integers"),
        Shape::Number => ("a number", "numbers"),
        _ => ("a text", "texts"),
    };
    let (minimum, maximum) = bounds(shape.scalar(), field);
    let range = match (minimum.map(|bound| bound.value()), maximum.map(|bound| bound.value())) {
        (Some(minimum), Some(maximum)) => format!(" from {minimum} to {maximum}"),
        (Some(minimum), None) => format!(" of at least {minimum}"),
        (None, Some(maximum)) => format!(" of at most {maximum}"),
        (None, None) => String::new(),
    };
    let choices = field.one_of.join(", ");
    match (shape, field.one_of.is_empty()) {
        (Shape::List(_), true) => format!("a list of {many}{range}"),
        (Shape::List(_), false) => format!("a list of any of {choices}"),
        (_, true) => format!("{one}{range}"),
        (_, false) => format!("one of {choices}"),
    }
}
