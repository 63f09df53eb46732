//! The parameters of a struct as constants, so that the manifest can be written while the plugin compiles.

#![expect(missing_docs, reason = "written out by the derive; nothing in here is for authors")]

use serde_json::{Number, Value};

/// One parameter, as the derive describes it.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    /// The description as a JSON text.
    pub description: &'static str,
    /// The members of its schema beside description and default, as JSON.
    pub constraints: &'static str,
    /// What it must be, in words.
    pub expected: &'static str,
    pub default: DefaultValue,
    pub values: Values,
    /// Whether it is a list of such values.
    pub list: bool,
    /// Whether it may be nothing.
    pub optional: bool,
}

/// The values that a parameter, or each item of its list, can have. Bounds are inclusive.
#[derive(Clone, Copy, Debug)]
pub enum Values {
    Bool,
    Integer { least: i128, most: i128 },
    Number { least: f64, most: f64 },
    Text { one_of: &'static [&'static str] },
}

/// A default, and its JSON.
#[derive(Clone, Copy, Debug)]
pub struct DefaultValue {
    pub value: Literal,
    pub json: &'static str,
}

/// A value in the source of a plugin.
#[derive(Clone, Copy, Debug)]
pub enum Literal {
    Nothing,
    Bool(bool),
    Integer(i128),
    Number(f64),
    Text(&'static str),
    List(&'static [Self]),
}

/// A part of a struct's list of parameters.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// A parameter of its own.
    Own(Field),
    /// Those of a field that is flattened, and what it says differently of them.
    Flat(&'static [Field], &'static [Override]),
}

/// What a field that is flattened says differently of a parameter.
#[derive(Clone, Copy, Debug)]
pub struct Override {
    pub name: &'static str,
    pub default: Option<DefaultValue>,
    /// As a JSON text.
    pub description: Option<&'static str>,
}

/// How many parameters the parts have.
pub const fn count(parts: &[Part]) -> usize {
    let (mut sum, mut at) = (0, 0);
    while at < parts.len() {
        sum += match parts[at] {
            Part::Own(_) => 1,
            Part::Flat(fields, _) => fields.len(),
        };
        at += 1;
    }
    sum
}

/// All parameters of the parts, in order; `N` is their [`count`].
pub const fn join<const N: usize>(parts: &[Part]) -> [Field; N] {
    const NONE: Field = Field {
        name: "",
        description: "",
        constraints: "",
        expected: "",
        default: DefaultValue { value: Literal::Nothing, json: "null" },
        values: Values::Bool,
        list: false,
        optional: false,
    };
    let mut all = [NONE; N];
    let (mut end, mut at) = (0, 0);
    while at < parts.len() {
        match parts[at] {
            Part::Own(field) => {
                all[end] = field;
                end += 1;
            }
            Part::Flat(fields, overrides) => {
                let mut from = 0;
                while from < fields.len() {
                    all[end] = overridden(fields[from], overrides);
                    end += 1;
                    from += 1;
                }
            }
        }
        at += 1;
    }
    all
}

const fn overridden(mut field: Field, overrides: &[Override]) -> Field {
    let mut at = 0;
    while at < overrides.len() {
        if equal(overrides[at].name, field.name) {
            if let Some(default) = overrides[at].default {
                field.default = default;
            }
            if let Some(description) = overrides[at].description {
                field.description = description;
            }
        }
        at += 1;
    }
    field
}

/// Whether one of the parameters has this name.
pub const fn has(fields: &[Field], name: &str) -> bool {
    let mut at = 0;
    while at < fields.len() {
        if equal(fields[at].name, name) {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether a name stands in both lists.
pub const fn overlap(these: &[Field], those: &[Field]) -> bool {
    let mut at = 0;
    while at < these.len() {
        if has(those, these[at].name) {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether the parameter of this name can have this value. It can where there is none, which [`has`] finds.
pub const fn allows(fields: &[Field], name: &str, value: Literal) -> bool {
    let mut at = 0;
    while at < fields.len() {
        if equal(fields[at].name, name) {
            return fields[at].allows(value);
        }
        at += 1;
    }
    true
}

impl Field {
    const fn allows(&self, value: Literal) -> bool {
        match value {
            Literal::Nothing => self.optional,
            Literal::List(items) => {
                let mut at = 0;
                while at < items.len() {
                    if !self.values.allow(items[at]) {
                        return false;
                    }
                    at += 1;
                }
                self.list
            }
            one => !self.list && self.values.allow(one),
        }
    }
}

impl Values {
    #[expect(clippy::cast_precision_loss, reason = "compared with the bounds of a float")]
    const fn allow(&self, value: Literal) -> bool {
        match (self, value) {
            (Self::Bool, Literal::Bool(_)) => true,
            (Self::Integer { least, most }, Literal::Integer(value)) => *least <= value && value <= *most,
            (Self::Number { least, most }, Literal::Integer(value)) => *least <= value as f64 && value as f64 <= *most,
            (Self::Number { least, most }, Literal::Number(value)) => *least <= value && value <= *most,
            (Self::Text { one_of }, Literal::Text(text)) => {
                let mut at = 0;
                while at < one_of.len() {
                    if equal(one_of[at], text) {
                        return true;
                    }
                    at += 1;
                }
                one_of.is_empty()
            }
            _ => false,
        }
    }
}

impl Literal {
    /// The value as JSON.
    pub(super) fn value(self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Bool(value) => value.into(),
            Self::Integer(value) => Number::from_i128(value).map_or(Value::Null, Value::Number),
            Self::Number(value) => value.into(),
            Self::Text(text) => text.into(),
            Self::List(items) => items.iter().map(|item| item.value()).collect(),
        }
    }
}

const fn equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}
