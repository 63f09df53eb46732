//! What a person asks for: a strategy or a space by name ([`Spec`]), seeds, the final training, a whole comparison.

pub mod hook_deadline;
pub mod published;
pub mod recipe;
pub mod request;
pub mod seeds;
pub mod space;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use genomenas_data::error::{Error, Result};

/// A strategy or a space: its id and the parameters that differ from its defaults. Written `danq width=0.1` or, in a file, also `{ id = "danq", parameters = { width = 0.1 } }`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Spec {
    /// The id.
    pub id: String,
    /// The parameters that differ from their defaults.
    pub parameters: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected \"ID KEY=VALUE …\" or { id = \"ID\", parameters = { KEY = VALUE } }")]
enum Written {
    Text(String),
    Table(Table),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    id: String,
    #[serde(default)]
    parameters: Map<String, Value>,
}

impl TryFrom<Written> for Spec {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self> {
        match written {
            Written::Text(text) => text.parse(),
            Written::Table(Table { id, parameters }) => Ok(Self { id, parameters }),
        }
    }
}

impl FromStr for Spec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut words = text.split_whitespace();
        let id = words.next().filter(|id| !id.contains('=')).ok_or_else(|| {
            Error::input(format!("'{text}' does not begin with a name: write for instance 'danq width=0.1'"))
        })?;
        let mut spec = Self::new(id);
        words.try_for_each(|word| spec.set(word))?;
        Ok(spec)
    }
}

impl Spec {
    /// This id, with all parameters at their defaults.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), parameters: Map::new() }
    }

    /// Sets parameters from `key=value`, one after the other.
    pub fn with(mut self, assignments: &[String]) -> Result<Self> {
        assignments.iter().try_for_each(|assignment| self.set(assignment))?;
        Ok(self)
    }

    /// Sets one parameter from `key=value`; the value is JSON where it can be read as JSON, and a text otherwise.
    pub fn set(&mut self, assignment: &str) -> Result<()> {
        let (key, value) = assignment.split_once('=').filter(|(key, _)| !key.trim().is_empty()).ok_or_else(|| {
            Error::input(format!("'{assignment}' is not an assignment: write key=value, for instance width=0.1"))
        })?;
        let value = value.trim();
        // A null has no place in TOML, and no parameter is one.
        let json = serde_json::from_str(value).ok().filter(|json: &Value| !json.is_null());
        let value = json.unwrap_or_else(|| Value::String(value.to_owned()));
        if self.parameters.insert(key.trim().to_owned(), value).is_some() {
            return Err(Error::input(format!("'{}' of {} is set twice: leave one of them out", key.trim(), self.id)));
        }
        Ok(())
    }

    /// A name for a folder: what a person reads, with `-` for all but letters, digits and `. _ + =`, cut where it is long.
    pub fn folder(&self) -> String {
        /// Bytes of a name that every file system takes, with room for a number behind it.
        const LONGEST: usize = 100;
        let safe = |c: char| if c.is_ascii_alphanumeric() || "._+=-".contains(c) { c } else { '-' };
        let mut name: String = self.to_string().chars().map(safe).take(LONGEST).collect();
        // A leading dot hides a folder, and "." and ".." are not names.
        if name.starts_with('.') {
            name.replace_range(..1, "-");
        }
        name
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        for (key, value) in &self.parameters {
            match value {
                Value::String(text) => write!(f, " {key}={text}")?,
                value => write!(f, " {key}={value}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str) -> Spec {
        text.parse().unwrap()
    }

    #[test]
    fn values_are_numbers_lists_truths_or_words() {
        let danq = spec("danq width=0.1 kernels=[3,5] pool=max deep=true");
        assert_eq!(danq.id, "danq");
        assert_eq!(danq.parameters["width"], 0.1);
        assert_eq!(danq.parameters["kernels"], serde_json::json!([3, 5]));
        assert_eq!(danq.parameters["pool"], "max");
        assert_eq!(danq.parameters["deep"], true);
    }

    #[test]
    fn what_is_shown_reads_back() {
        let danq = spec("danq  width=0.1 pool=max");
        assert_eq!(spec(&danq.to_string()), danq);
    }

    #[test]
    fn a_file_may_write_it_as_text_or_as_a_table() {
        #[derive(Deserialize)]
        struct File {
            strategies: Vec<Spec>,
        }
        let text = "strategies = ['danq width=0.1', { id = 'danq', parameters = { width = 0.1 } }]";
        let file: File = toml::from_str(text).unwrap();
        assert_eq!(file.strategies[0], file.strategies[1]);
        assert!(toml::from_str::<File>("strategies = [{ id = 'danq', width = 0.1 }]").is_err());
    }

    #[test]
    fn an_assignment_without_key_value_or_twice_is_refused() {
        for text in ["", "width=0.1", "danq width", "danq =3", "danq width=1 width=2"] {
            assert!(text.parse::<Spec>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_folder_name_has_nothing_that_a_file_system_minds() {
        assert_eq!(spec("danq width=0.1").folder(), "danq-width=0.1");
        assert_eq!(spec("../x file=/etc/ü").folder(), "-.-x-file=-etc--");
        assert!(spec(&format!("x y={}", "z".repeat(500))).folder().len() <= 100);
    }
}
