//! The messages as JSON Schemas, made from the types: what lies in `schemas/`, and the tables of `PROTOCOL.md`.
//!
//! A schema says what a reader accepts: fields that have a default may be absent, and unknown fields are no error.
//!
//! `cargo run -p genomenas-plugin --features schema --example schemas` writes all of it; a test compares.

mod tables;

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform as _};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::message::{
    Ask, Discard, FORMAT, Finding, Manifest, PROTOCOL, Plan, Proposal, Report, Setup, StrategyInfo, Trial,
};
use crate::space::{Architecture, Space};

pub use tables::with_tables;

/// The schema of a message, or of a part that other messages share.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its name: that of its file, without `.json`.
    pub name: &'static str,
    /// The schema, of draft 2020-12. It stands for itself: whatever it refers to is in it.
    pub schema: Value,
}

impl Document {
    /// The text of its file.
    pub fn text(&self) -> String {
        // A value always has a text.
        serde_json::to_string_pretty(&self.schema).unwrap_or_default() + "\n"
    }
}

/// All of them, in the order in which a run needs them.
pub fn documents() -> Vec<Document> {
    vec![
        manifest(),
        of::<Setup>("setup"),
        of::<Space>("space"),
        of::<Ask>("ask"),
        of::<Proposal>("proposal"),
        of::<Trial>("trial"),
        of::<Plan>("plan"),
        of::<Architecture>("architecture"),
        of::<Report>("report"),
        of::<Vec<Discard>>("discards"),
        of::<Finding>("finding"),
    ]
}

fn of<T: JsonSchema>(name: &'static str) -> Document {
    Document { name, schema: titled(name, generated::<T>()) }
}

fn generated<T: JsonSchema>() -> Map<String, Value> {
    let mut schema = SchemaGenerator::new(SchemaSettings::draft2020_12()).into_root_schema_for::<T>();
    RecursiveTransform(plain).transform(&mut schema);
    match schema.to_value() {
        Value::Object(schema) => schema,
        // `true`: everything is allowed.
        _ => Map::new(),
    }
}

fn titled(name: &str, mut schema: Map<String, Value>) -> Value {
    schema.insert("title".to_owned(), format!("genomenas protocol {PROTOCOL}: {name}").into());
    Value::Object(schema)
}

/// A record of the manifest: the plugin's, or that of one of its strategies. The types hold both as they are read.
fn manifest() -> Document {
    let mut plugin = generated::<Manifest>();
    let mut strategy = generated::<StrategyInfo>();
    let definitions = [&mut plugin, &mut strategy].map(|record| record.remove("$defs"));
    for (record, kind) in [(&mut plugin, "plugin"), (&mut strategy, "strategy")] {
        record.remove("$schema");
        property(record, "record", json!({"description": "What the record describes.", "const": kind}), true);
    }
    let format = json!({"description": "The format of the records.", "const": FORMAT});
    property(&mut plugin, "format", format, true);
    let authors =
        json!({"description": "Who wrote it, with a colon between two names.", "type": "string", "default": ""});
    property(&mut plugin, "authors", authors, false);
    // Every strategy has a record of its own.
    if let Some(Value::Object(properties)) = plugin.get_mut("properties") {
        properties.remove("strategies");
    }
    // A reader takes a kind that it does not know for "other".
    let kind = json!({"description": "`search` or `baseline`; later versions may add others.", "type": "string"});
    property(&mut strategy, "kind", kind, true);
    let defined: Map<String, Value> = definitions
        .into_iter()
        .flatten()
        .filter_map(|defined| match defined {
            Value::Object(defined) => Some(defined),
            _ => None,
        })
        .flatten()
        .filter(|(name, _)| !["StrategyKind", "StrategyInfo"].contains(&name.as_str()))
        .collect();
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("description".to_owned(), "A record of the section `.genomenas`.".into());
    schema.insert("oneOf".to_owned(), json!([plugin, strategy]));
    if !defined.is_empty() {
        schema.insert("$defs".to_owned(), Value::Object(defined));
    }
    Document { name: "manifest", schema: titled("manifest", schema) }
}

fn property(schema: &mut Map<String, Value>, name: &str, value: Value, required: bool) {
    if let Value::Object(properties) = schema.entry("properties").or_insert_with(|| json!({})) {
        properties.insert(name.to_owned(), value);
    }
    let Value::Array(names) = schema.entry("required").or_insert_with(|| json!([])) else { return };
    names.retain(|known| known != name);
    if required {
        names.push(name.into());
    }
}

/// Descriptions without the links of rustdoc, which lead nowhere from here.
fn plain(schema: &mut Schema) {
    let Some(Value::String(text)) = schema.get("description") else { return };
    let text = without_links(text);
    schema.insert("description".to_owned(), text.into());
}

fn without_links(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('[') {
        out += before;
        let Some((shown, behind)) = after.split_once(']') else {
            return out + "[" + after;
        };
        let is_link = behind.starts_with('(') || shown.starts_with('`') && shown.ends_with('`');
        if !is_link {
            out += "[";
            rest = after;
            continue;
        }
        out += shown;
        rest = match behind.strip_prefix('(').and_then(|target| target.split_once(')')) {
            Some((_, behind)) => behind,
            None => behind,
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_rustdoc_become_what_they_show_and_other_brackets_stay() {
        assert_eq!(
            without_links("A [`Report`](super::Report), [all](x) of [`Self`] in [0, 1] and a[1"),
            "A `Report`, all of `Self` in [0, 1] and a[1"
        );
    }
}
