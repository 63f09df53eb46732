//! What a person asks for: a strategy or a space by name ([`Spec`]), seeds, the final training, a whole comparison.

pub mod budget;
pub mod hook_deadline;
pub mod preset;
pub mod published;
pub mod recipe;
pub mod request;
pub mod seeds;
pub mod sizes;
pub mod space;
pub mod tune;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use genomenas_data::error::{Error, Result};
use genomenas_data::text::{printable, shortened};

/// The strategies that every comparison has, unless it is asked for none of them: what any other must beat. One draws
/// uniformly at random; the others are linear models of words and of bases by position, and one that looks at nothing.
pub const CONTROLS: [&str; 4] = ["random-search", "kmer-lr", "positional-lr", "majority"];

/// A strategy or a space: its id and the parameters that differ from its defaults. Written `danq width=0.1` or, in a file,
/// also `{ id = "danq", parameters = { width = 0.1 } }`; an entry of a comparison can have a short name, `name=small`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Spec {
    /// The id.
    pub id: String,
    /// The parameters that differ from their defaults.
    pub parameters: Map<String, Value>,
    /// What a comparison calls it, if not by its id and parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected \"ID KEY=VALUE …\" or { id = \"ID\", name = \"NAME\", parameters = { KEY = VALUE } }"
)]
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
    #[serde(default)]
    name: Option<String>,
}

impl TryFrom<Written> for Spec {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self> {
        match written {
            Written::Text(text) => text.parse(),
            Written::Table(Table { id, parameters, name }) => {
                name.as_deref().map_or(Ok(()), check_name)?;
                Ok(Self { id, parameters, name })
            }
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
        Self { id: id.into(), ..Self::default() }
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
        if key.trim() == NAME {
            check_name(value)?;
            if self.name.replace(value.to_owned()).is_some() {
                return Err(Error::input(format!("{} has two names: leave one of them out", self.id)));
            }
            return Ok(());
        }
        // A null has no place in TOML, and no parameter is one.
        let json = serde_json::from_str(value).ok().filter(|json: &Value| !json.is_null());
        let value = json.unwrap_or_else(|| Value::String(value.to_owned()));
        if self.parameters.insert(key.trim().to_owned(), value).is_some() {
            return Err(Error::input(format!("'{}' of {} is set twice: leave one of them out", key.trim(), self.id)));
        }
        Ok(())
    }

    /// What a comparison calls it: its name, or its id and its parameters.
    pub fn title(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.to_string())
    }

    /// Refuses a name where nothing is called by it.
    pub fn unnamed(self, what: &str) -> Result<Self> {
        match &self.name {
            None => Ok(self),
            Some(name) => Err(Error::input(format!(
                "name={name} names an entry of a comparison, and {what} has no use for it: leave it out"
            ))),
        }
    }

    /// A name for a folder: what a person reads, with `-` for all but letters, digits and `. _ + =`, cut where it is long.
    pub fn folder(&self) -> String {
        /// Bytes of a name that every file system takes, with room for a number behind it.
        const LONGEST: usize = 100;
        let safe = |c: char| if c.is_ascii_alphanumeric() || "._+=-".contains(c) { c } else { '-' };
        let mut name: String = self.title().chars().map(safe).take(LONGEST).collect();
        // A leading dot hides a folder, and "." and ".." are not names.
        if name.starts_with('.') {
            name.replace_range(..1, "-");
        }
        name
    }
}

/// The key that names an entry of a comparison. A parameter of this name can be set in the table form alone.
const NAME: &str = "name";

/// Refuses what is too long for a table or a legend, and what cannot be seen there.
fn check_name(name: &str) -> Result<()> {
    /// Letters of a name.
    const LONGEST: usize = 40;
    let fits = (1..=LONGEST).contains(&name.chars().count());
    if fits && name.trim() == name && printable(name) == name {
        return Ok(());
    }
    Err(Error::input(format!(
        "name '{}' cannot name an entry: expected 1 to {LONGEST} visible letters",
        shortened(&printable(name))
    )))
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
    fn a_name_stands_for_id_and_parameters() {
        let named = spec("danq width=0.1 name=small");
        assert_eq!((named.title().as_str(), named.folder().as_str()), ("small", "small"));
        assert_eq!(named.parameters, spec("danq width=0.1").parameters);
        assert_eq!(named.to_string(), "danq width=0.1");
        let long = "x".repeat(41);
        for text in ["danq name=", "danq name=a name=b", &format!("danq name={long}"), "danq name=\u{202e}x"] {
            assert!(text.parse::<Spec>().is_err(), "{text}");
        }
        assert!(named.unnamed("a search").unwrap_err().to_string().contains("name=small"));
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
