//! The parameters as a JSON Schema, and in words for messages.

use crate::field::Field;
use crate::literal::{Literal, json_list, json_text};
use crate::shape::Shape;

/// The schema of all parameters: a draft 2020-12 object.
pub(crate) fn object(fields: &[Field]) -> String {
    let properties: Vec<_> =
        fields.iter().map(|field| format!("{}:{}", json_text(&field.name), property(field))).collect();
    format!(
        r#"{{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{{{}}},"additionalProperties":false}}"#,
        properties.join(",")
    )
}

/// What a parameter must be, in words: `an integer from 1 to 100`.
pub(crate) fn expected(field: &Field) -> String {
    match &field.shape {
        Shape::Optional(inner) => format!("{}, or nothing", in_words(inner, field)),
        shape => in_words(shape, field),
    }
}

fn property(field: &Field) -> String {
    let mut members = vec![format!(r#""description":{}"#, json_text(&field.description))];
    match &field.shape {
        Shape::Optional(inner) => {
            members.extend(constraints(inner, field, true));
            members.push(format!(r#""default":{}"#, field.default.as_ref().map_or("null".to_owned(), Literal::json)));
        }
        shape => {
            members.extend(constraints(shape, field, false));
            members.extend(field.default.iter().map(|default| format!(r#""default":{}"#, default.json())));
        }
    }
    format!("{{{}}}", members.join(","))
}

fn constraints(shape: &Shape, field: &Field, nullable: bool) -> Vec<String> {
    let name = match shape {
        Shape::Bool => "boolean",
        Shape::Integer { .. } => "integer",
        Shape::Number => "number",
        Shape::Text => "string",
        Shape::List(_) => "array",
        Shape::Optional(_) => "null",
    };
    let mut members =
        vec![if nullable { format!(r#""type":["{name}","null"]"#) } else { format!(r#""type":"{name}""#) }];
    match shape {
        Shape::List(inner) => {
            members.push(format!(r#""items":{{{}}}"#, constraints(inner, field, false).join(",")));
        }
        Shape::Integer { .. } | Shape::Number => {
            let (minimum, maximum) = bounds(shape, field);
            members.extend(minimum.map(|value| format!(r#""minimum":{}"#, value.json())));
            members.extend(maximum.map(|value| format!(r#""maximum":{}"#, value.json())));
        }
        Shape::Text if !field.one_of.is_empty() => {
            let choices = field.one_of.iter().map(|choice| json_text(choice));
            let null = nullable.then(|| "null".to_owned());
            members.push(format!(r#""enum":{}"#, json_list(choices.chain(null))));
        }
        _ => {}
    }
    members
}

/// The bounds worth telling: those of the attribute, else those of a narrow Rust type.
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
    let range = match (minimum, maximum) {
        (Some(minimum), Some(maximum)) => format!(" from {} to {}", minimum.json(), maximum.json()),
        (Some(minimum), None) => format!(" of at least {}", minimum.json()),
        (None, Some(maximum)) => format!(" of at most {}", maximum.json()),
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
