//! The fields of the messages as tables of Markdown, read off their schemas.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::documents;

/// What stands for itself in a document of its own, and is referred to.
const DOCUMENTS: [(&str, &str); 5] = [
    ("Space", "space"),
    ("Architecture", "architecture"),
    ("Plan", "plan"),
    ("Trial", "trial"),
    ("Finding", "finding"),
];

/// Begins a table, with the name of its message after it; and ends one.
const BEGIN: &str = "<!-- fields of ";
const END: &str = "<!-- end of the fields -->";

/// A page with its tables made anew: all that stands between a line `<!-- fields of MESSAGE -->` and `<!-- end of the fields -->`.
/// A type that several messages have is shown where it comes first.
pub fn with_tables(page: &str) -> String {
    let (mut text, mut known, mut within) = (String::new(), BTreeSet::new(), false);
    for line in page.lines() {
        if line == END {
            within = false;
        }
        if !within {
            text += line;
            text += "\n";
        }
        let message = line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(" -->"));
        if let Some(table) = message.and_then(|message| tables(message, &mut known)) {
            text.extend(["\n", &table, "\n"]);
            within = true;
        }
    }
    text
}

/// The fields of one message: a table of its own, and one for each type that it alone brings in, apart from those `known`.
/// `None` where there is no such message.
fn tables(message: &str, known: &mut BTreeSet<String>) -> Option<String> {
    let schema = documents().into_iter().find(|document| document.name == message)?.schema;
    let schema = schema.as_object()?;
    let mut text = of_type(schema);
    let empty = Map::new();
    let defined = schema.get("$defs").and_then(Value::as_object).unwrap_or(&empty);
    let mut open = mentioned(schema);
    while let Some(name) = open.pop_first() {
        if DOCUMENTS.iter().any(|(other, _)| *other == name) || !known.insert(name.clone()) {
            continue;
        }
        let Some(definition) = defined.get(&name).and_then(Value::as_object) else { continue };
        open.extend(mentioned(definition));
        // Writing to a string does not fail.
        let _ = write!(text, "\n**{name}**. {}\n\n{}", description(definition), of_type(definition));
    }
    Some(text)
}

/// The names of the types that a schema refers to, outside of its definitions.
fn mentioned(schema: &Map<String, Value>) -> BTreeSet<String> {
    fn look(value: &Value, names: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                names.extend(fields.get("$ref").and_then(Value::as_str).map(|target| last(target).to_owned()));
                fields.iter().filter(|(key, _)| *key != "$defs").for_each(|(_, value)| look(value, names));
            }
            Value::Array(values) => values.iter().for_each(|value| look(value, names)),
            _ => {}
        }
    }
    let mut names = BTreeSet::new();
    schema.iter().filter(|(key, _)| *key != "$defs").for_each(|(_, value)| look(value, &mut names));
    names
}

/// A table, or a line, for a schema without its definitions.
fn of_type(schema: &Map<String, Value>) -> String {
    let own = schema.get("properties").and_then(Value::as_object).filter(|fields| !fields.is_empty());
    let mut text = own.map_or_else(String::new, |fields| table(fields, schema));
    let variants = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    for variant in variants.into_iter().flatten().filter_map(Value::as_object) {
        if !text.is_empty() && !text.ends_with("\n\n") {
            text += "\n";
        }
        let (tag, fields) = tagged(variant);
        let about = description(variant);
        match fields {
            Some(fields) if !fields.is_empty() => {
                let _ = write!(text, "{tag}: {about}\n\n{}", table(&fields, variant));
            }
            _ => text.extend(["* ", &tag, ": ", &about, "\n"]),
        }
    }
    if text.is_empty() { format!("{}\n", type_name(&Value::Object(schema.clone()))) } else { text }
}

/// What tells a variant from the others, and its other fields.
fn tagged(variant: &Map<String, Value>) -> (String, Option<Map<String, Value>>) {
    if let Some(value) = variant.get("const") {
        return (format!("`{value}`"), None);
    }
    let Some(fields) = variant.get("properties").and_then(Value::as_object) else {
        return (type_name(&Value::Object(variant.clone())), None);
    };
    let constant = |(name, field): (&String, &Value)| Some((name.clone(), field.get("const")?.clone()));
    let tags: Vec<_> = fields.iter().filter_map(constant).collect();
    let shown = tags.iter().map(|(name, value)| format!("`\"{name}\": {value}`")).collect::<Vec<_>>().join(", ");
    let rest = fields.iter().filter(|(name, _)| tags.iter().all(|(tag, _)| tag != *name));
    let rest = rest.map(|(name, field)| (name.clone(), field.clone())).collect();
    (if shown.is_empty() { "Or".to_owned() } else { format!("With {shown}") }, Some(rest))
}

fn table(fields: &Map<String, Value>, schema: &Map<String, Value>) -> String {
    let required = schema.get("required").and_then(Value::as_array);
    let mut text = "| field | type | where absent | meaning |\n|---|---|---|---|\n".to_owned();
    for (name, field) in fields {
        let is_required = required.is_some_and(|names| names.iter().any(|known| known == name));
        let absent = match field.get("default") {
            _ if is_required => "never absent".to_owned(),
            None | Some(Value::Null) => "none".to_owned(),
            Some(value) if value.to_string().len() > 40 => "its default".to_owned(),
            Some(value) => format!("`{value}`"),
        };
        let about = field.as_object().map(description).unwrap_or_default();
        let _ = writeln!(text, "| `{name}` | {} | {absent} | {about} |", type_name(field));
    }
    text
}

/// The first paragraph, on one line.
fn description(schema: &Map<String, Value>) -> String {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let first = text.split("\n\n").next().unwrap_or_default();
    first.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// What a value may be, in few words.
fn type_name(schema: &Value) -> String {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let name = last(target);
        let document = DOCUMENTS.iter().find(|(known, _)| *known == name);
        return document.map_or_else(|| name.to_owned(), |(_, file)| format!("[{file}](schemas/{file}.json)"));
    }
    if let Some(value) = schema.get("const") {
        return format!("`{value}`");
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(Value::Array(several)) = schema.get(key) {
            let names: Vec<_> = several.iter().map(type_name).filter(|name| name != "null").collect();
            return names.join(" or ");
        }
    }
    let one = |name: &str| match name {
        "array" if schema.get("items").is_some() => {
            format!("list of {}", schema.get("items").map(type_name).unwrap_or_default())
        }
        "object" => match schema.get("additionalProperties") {
            Some(values @ Value::Object(_)) => format!("object of {}", type_name(values)),
            _ => "object".to_owned(),
        },
        "string" if schema.get("enum").is_some() => {
            let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
            values.map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
        }
        other => other.to_owned(),
    };
    match schema.get("type") {
        Some(Value::String(name)) => one(name),
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| *name != "null")
            .map(one)
            .collect::<Vec<_>>()
            .join(" or "),
        _ => "anything".to_owned(),
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
