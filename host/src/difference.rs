//! The first thing in which two documents differ, for a person to read.

use genomenas_data::error::{Error, Result};
use serde::Serialize;
use serde_json::Value;

/// The first value in which `here` differs from `there`, unless its key at the top is one of `free`.
///
/// # Errors
///
/// A document cannot be written as JSON.
pub(crate) fn first<T: Serialize>(there: &T, here: &T, free: &[&str]) -> Result<Option<String>> {
    let value = |document: &T| {
        let mut value = serde_json::to_value(document)
            .map_err(|error| Error::bug(format!("settings cannot be compared: {error}")))?;
        if let Value::Object(keys) = &mut value {
            keys.retain(|key, _| !free.contains(&key.as_str()));
        }
        Ok::<_, Error>(value)
    };
    Ok(difference("", &value(there)?, &value(here)?))
}

fn difference(path: &str, there: &Value, here: &Value) -> Option<String> {
    match (there, here) {
        (Value::Object(there), Value::Object(here)) => {
            let keys = there.keys().chain(here.keys().filter(|key| !there.contains_key(*key)));
            keys.into_iter().find_map(|key| {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                difference(&path, there.get(key).unwrap_or(&Value::Null), here.get(key).unwrap_or(&Value::Null))
            })
        }
        (Value::Array(there), Value::Array(here)) if !there.iter().chain(here).all(is_scalar) => {
            (0..there.len().max(here.len())).find_map(|index| {
                let (there, here) = (there.get(index).unwrap_or(&Value::Null), here.get(index).unwrap_or(&Value::Null));
                // An entry is called by its name, which says more than its index; another name is another entry.
                match (there.get("name"), here.get("name")) {
                    (Some(one), Some(other)) if one != other => {
                        difference(&format!("{path}[{index}].name"), one, other)
                    }
                    (Some(Value::String(name)), Some(_)) => difference(&format!("{path}['{name}']"), there, here),
                    _ => difference(&format!("{path}[{index}]"), there, here),
                }
            })
        }
        _ if there == here => None,
        _ => Some(format!("{path} is {} there and {} here", shown(there), shown(here))),
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

fn shown(value: &Value) -> String {
    /// Of a longer value the beginning is shown.
    const LONGEST: usize = 80;
    if value.is_null() {
        return "absent".to_owned();
    }
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or(&text)),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_difference_names_the_field_and_both_values() {
        let there = json!({"seed": 1, "final": {"epochs": 20, "clip": null}, "title": "a"});
        let first = |here: Value| first(&there, &here, &["title"]).unwrap();
        assert_eq!(first(json!({"seed": 1, "final": {"epochs": 20, "clip": null}, "title": "b"})), None);
        assert_eq!(
            first(json!({"seed": 1, "final": {"epochs": 3, "clip": null}})).unwrap(),
            "final.epochs is 20 there and 3 here"
        );
        assert_eq!(first(json!({"final": {"epochs": 20}})).unwrap(), "seed is 1 there and absent here");
    }

    #[test]
    fn an_entry_of_a_list_is_called_by_its_name() {
        let one = json!({"entries": [{"name": "danq", "seed": 1}]});
        let other = json!({"entries": [{"name": "danq", "seed": 2}]});
        assert_eq!(first(&one, &other, &[]).unwrap().unwrap(), "entries['danq'].seed is 1 there and 2 here");
        let renamed = json!({"entries": [{"name": "deepsea", "seed": 1}]});
        assert!(first(&one, &renamed, &[]).unwrap().unwrap().starts_with("entries[0].name is \"danq\" there"));
    }

    #[test]
    fn a_long_value_is_cut() {
        let text = first(&json!({"a": "x".repeat(500)}), &json!({"a": 1}), &[]).unwrap().unwrap();
        assert!(text.len() < 130 && text.contains('…'), "{text}");
    }
}
