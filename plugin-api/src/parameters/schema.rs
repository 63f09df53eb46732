//! The parameters of a struct as one JSON Schema, written while the plugin compiles.

use super::field::Field;
use crate::json;

/// The length of the schema in bytes.
pub const fn schema_length(fields: &[Field]) -> usize {
    write(fields, &mut [])
}

/// The schema: an object of draft 2020-12 with one property a parameter. `N` is its [`schema_length`].
pub const fn schema<const N: usize>(fields: &[Field]) -> [u8; N] {
    let mut text = [0; N];
    write(fields, &mut text);
    text
}

/// A schema as a text.
pub const fn text(schema: &[u8]) -> &str {
    match std::str::from_utf8(schema) {
        Ok(text) => text,
        Err(_) => "",
    }
}

const fn write(fields: &[Field], out: &mut [u8]) -> usize {
    let mut end = 0;
    end = json::raw(r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","#, out, end);
    end = json::raw(r#""properties":{"#, out, end);
    let mut at = 0;
    while at < fields.len() {
        let field = &fields[at];
        if at > 0 {
            end = json::byte(b',', out, end);
        }
        end = json::quoted(field.name, out, end);
        end = json::raw(r#":{"description":"#, out, end);
        end = json::raw(field.description, out, end);
        end = json::byte(b',', out, end);
        end = json::raw(field.constraints, out, end);
        end = json::raw(r#","default":"#, out, end);
        end = json::raw(field.default.json, out, end);
        end = json::byte(b'}', out, end);
        at += 1;
    }
    json::raw(r#"},"additionalProperties":false}"#, out, end)
}
