//! What a plugin says about itself before any of its code runs.
//!
//! The library's ELF section [`SECTION`] holds a JSON text sequence (RFC 7464): each record is one JSON object between a
//! record separator and a line feed, so records can lie in any order, with padding between them, as the linker likes.
//! One record is the plugin's, and there is one for each of its strategies.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::text::{bounded, printable};
use crate::{Error, Result};

/// The section that holds the manifest.
pub const SECTION: &str = ".genomenas";

/// The format of the records; another format is another kind of file.
pub const FORMAT: &str = "genomenas-plugin/1";

/// A plugin and the strategies in it, sorted by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Manifest {
    /// The plugin: its crate's name.
    pub id: String,
    /// Its version.
    pub version: String,
    /// One sentence about it.
    #[serde(default)]
    pub description: String,
    /// Its licence, an SPDX expression; empty where the crate names none.
    #[serde(default)]
    pub license: String,
    /// Who wrote it.
    #[serde(default)]
    pub authors: Vec<String>,
    /// The generation of the binary interface that it was built for.
    pub abi: u32,
    /// The version of the messages that it speaks.
    pub protocol: String,
    /// The version of `genomenas-plugin` that it was built with.
    #[serde(default)]
    pub sdk: String,
    /// What it was built for, as `architecture-system-environment`.
    #[serde(default)]
    pub target: String,
    /// What a panic does in it.
    #[serde(default)]
    pub panic: String,
    /// Its strategies.
    #[serde(default)]
    pub strategies: Vec<StrategyInfo>,
}

/// A strategy as its plugin describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StrategyInfo {
    /// The name by which users ask for it.
    pub id: String,
    /// Whether it searches.
    pub kind: StrategyKind,
    /// One sentence about it.
    pub about: String,
    /// What it needs of the host.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The JSON Schema of its parameters: an object with one property each.
    pub parameters: Value,
}

/// The kinds of strategies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StrategyKind {
    /// It looks for an architecture.
    Search,
    /// It stands for one fixed architecture.
    Baseline,
    /// A kind that came after this version.
    #[serde(other)]
    Other,
}

impl StrategyKind {
    /// The name a person reads.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Baseline => "baseline",
            Self::Other => "other",
        }
    }
}

impl Manifest {
    /// Reads the records of a section, in whichever order they lie.
    ///
    /// # Errors
    ///
    /// One line: the records are damaged, of another format, for another generation of the binary interface or another
    /// major version of the messages, or contradict each other.
    pub fn from_records(bytes: &[u8]) -> Result<Self> {
        let mut plugin = None;
        let mut strategies = Vec::new();
        for text in bytes.split(|byte| *byte == b'\x1e').map(trimmed).filter(|text| !text.is_empty()) {
            let record: Value = serde_json::from_slice(text)
                .map_err(|error| Error::invalid(format!("its manifest is damaged: {error}")))?;
            match record.get("record").and_then(Value::as_str) {
                Some("plugin") if plugin.is_some() => {
                    return Err(Error::invalid("its manifest describes two plugins in one file"));
                }
                Some("plugin") => plugin = Some(plugin_record(record)?),
                Some("strategy") => strategies.push(strategy_record(record)?),
                // A record that a later version adds.
                Some(_) => {}
                None => {
                    return Err(Error::invalid("its manifest is damaged: a record has no kind"));
                }
            }
        }
        let mut manifest = plugin
            .ok_or_else(|| Error::invalid("its manifest does not describe a plugin: is `export_plugin!()` missing?"))?;
        strategies.sort_by(|a, b| a.id.cmp(&b.id));
        for pair in strategies.windows(2) {
            if let [first, second] = pair
                && first.id == second.id
            {
                return Err(Error::invalid(format!("it registers two strategies with the id `{}`", first.id)));
            }
        }
        if strategies.is_empty() {
            return Err(Error::invalid("its manifest has no strategy: is `register!` missing?"));
        }
        manifest.strategies = strategies;
        Ok(manifest)
    }

    /// The strategy with this id.
    pub fn strategy(&self, id: &str) -> Option<&StrategyInfo> {
        self.strategies.iter().find(|strategy| strategy.id == id)
    }
}

impl StrategyInfo {
    /// The parameters of the schema with their schemas, in alphabetical order.
    pub fn properties(&self) -> impl Iterator<Item = (&str, &Value)> {
        let properties = self.parameters.get("properties").and_then(Value::as_object);
        properties.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
    }

    /// Every parameter as it will be: what `set` says, and the defaults of the rest.
    pub fn resolve(&self, set: &Map<String, Value>) -> Map<String, Value> {
        let defaults = self
            .properties()
            .filter_map(|(name, schema)| schema.get("default").map(|value| (name.to_owned(), value.clone())));
        let mut resolved: Map<_, _> = defaults.collect();
        resolved.extend(set.iter().map(|(name, value)| (name.clone(), value.clone())));
        resolved
    }
}

/// Whether `id` can name a plugin or a strategy: it goes into file names, tables and command lines.
pub const fn is_id(id: &str) -> bool {
    let bytes = id.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let good = match bytes[at] {
            b'a'..=b'z' | b'0'..=b'9' => true,
            b'-' | b'_' | b'.' => at > 0,
            _ => false,
        };
        if !good {
            return false;
        }
        at += 1;
    }
    !bytes.is_empty() && bytes.len() <= 64
}

fn plugin_record(mut record: Value) -> Result<Manifest> {
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let format = text("format");
    if format != FORMAT {
        return Err(Error::invalid(format!("its manifest has the format `{}`, not `{FORMAT}`", plain(&format))));
    }
    let abi = record.get("abi").and_then(Value::as_u64);
    if abi != Some(genomenas_abi::GENERATION.into()) {
        let came = abi.map_or("an unknown generation".to_owned(), |abi| format!("generation {abi}"));
        return Err(Error::invalid(format!(
            "it is built for {came} of the binary interface, this genomenas loads generation {}: rebuild it with the \
             genomenas-plugin of this version",
            genomenas_abi::GENERATION
        )));
    }
    let protocol = text("protocol");
    if major(&protocol) != major(super::PROTOCOL) {
        return Err(Error::invalid(format!(
            "it speaks version {} of the messages, this genomenas speaks {}: rebuild it with the genomenas-plugin of \
             this version",
            plain(&protocol),
            super::PROTOCOL
        )));
    }
    // Cargo hands over the authors as one text.
    let authors = text("authors").split(':').map(plain).filter(|name| !name.is_empty()).collect::<Vec<_>>();
    if let Some(record) = record.as_object_mut() {
        record.insert("authors".to_owned(), authors.into());
        record.remove("strategies");
    }
    let mut manifest: Manifest =
        serde_json::from_value(record).map_err(|error| Error::invalid(format!("its manifest is damaged: {error}")))?;
    for text in [
        &mut manifest.version,
        &mut manifest.description,
        &mut manifest.license,
        &mut manifest.sdk,
        &mut manifest.target,
        &mut manifest.panic,
    ] {
        *text = plain(text);
    }
    if is_id(&manifest.id) { Ok(manifest) } else { Err(bad_id("plugin", &manifest.id)) }
}

fn strategy_record(record: Value) -> Result<StrategyInfo> {
    let mut strategy: StrategyInfo =
        serde_json::from_value(record).map_err(|error| Error::invalid(format!("its manifest is damaged: {error}")))?;
    strategy.about = plain(&strategy.about);
    if is_id(&strategy.id) { Ok(strategy) } else { Err(bad_id("strategy", &strategy.id)) }
}

fn bad_id(what: &str, id: &str) -> Error {
    Error::invalid(format!(
        "the {what} id `{}` is not made of up to 64 lowercase letters, digits, `-`, `_` and `.`",
        plain(id)
    ))
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or_default()
}

/// One line without control characters, because a manifest is a stranger's text and ends on a terminal.
fn plain(text: &str) -> String {
    printable(&bounded(text, 1000)).trim().to_owned()
}

/// Without the line feed of the record and the zeros that a linker pads with.
fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && (*first == 0 || first.is_ascii_whitespace())
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && (*last == 0 || last.is_ascii_whitespace())
    {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLUGIN: &str = "\x1e{\"record\":\"plugin\",\"format\":\"genomenas-plugin/1\",\"abi\":1,\"protocol\":\"1.9\",\
                          \"id\":\"two\",\"version\":\"0.3.0\",\"authors\":\"A:B\",\"later\":true}\n";
    const B: &str = "\x1e{\"record\":\"strategy\",\"id\":\"b\",\"kind\":\"search\",\"about\":\"B\\u001b[2J.\",\"parameters\":\
                     {\"type\":\"object\",\"properties\":{\"n\":{\"default\":3}}}}\n";
    const A: &str =
        "\x1e{\"record\":\"strategy\",\"id\":\"a\",\"kind\":\"dance\",\"about\":\"A.\",\"parameters\":{}}\n";

    fn refusal(records: &[&str]) -> String {
        Manifest::from_records(records.concat().as_bytes()).unwrap_err().message
    }

    #[test]
    fn records_are_read_in_any_order_with_padding_between_them() {
        let manifest = Manifest::from_records([B, "\0\0\0", A, PLUGIN, "\0"].concat().as_bytes()).unwrap();
        assert_eq!(manifest.strategies.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(manifest.authors, ["A", "B"]);
        assert_eq!(manifest.strategies[0].kind, StrategyKind::Other);
    }

    #[test]
    fn control_characters_never_reach_a_terminal() {
        let manifest = Manifest::from_records([PLUGIN, B].concat().as_bytes()).unwrap();
        assert_eq!(manifest.strategies[0].about, "B [2J.");
    }

    #[test]
    fn parameters_resolve_to_what_was_set_and_the_defaults() {
        let manifest = Manifest::from_records([PLUGIN, B].concat().as_bytes()).unwrap();
        let set = serde_json::json!({"m": 1});
        let resolved = manifest.strategies[0].resolve(set.as_object().unwrap());
        assert_eq!(Value::Object(resolved), serde_json::json!({"m": 1, "n": 3}));
    }

    #[test]
    fn refusals_say_what_is_wrong_in_one_line() {
        insta::assert_snapshot!(
            [
                refusal(&[]),
                refusal(&[B]),
                refusal(&[PLUGIN]),
                refusal(&[PLUGIN, PLUGIN, A]),
                refusal(&[PLUGIN, A, A]),
                refusal(&[&PLUGIN.replace("\"abi\":1", "\"abi\":2"), A]),
                refusal(&[&PLUGIN.replace("1.9", "2.0"), A]),
                refusal(&[&PLUGIN.replace("plugin/1", "plugin/7"), A]),
                refusal(&[&PLUGIN.replace("two", "../two"), A]),
                refusal(&[PLUGIN, &A[..30]]),
            ]
            .join("\n"),
            @r#"
            its manifest does not describe a plugin: is `export_plugin!()` missing?
            its manifest does not describe a plugin: is `export_plugin!()` missing?
            its manifest has no strategy: is `register!` missing?
            its manifest describes two plugins in one file
            it registers two strategies with the id `a`
            it is built for generation 2 of the binary interface, this genomenas loads generation 1: rebuild it with the genomenas-plugin of this version
            it speaks version 2.0 of the messages, this genomenas speaks 1.4: rebuild it with the genomenas-plugin of this version
            its manifest has the format `genomenas-plugin/7`, not `genomenas-plugin/1`
            the plugin id `../two` is not made of up to 64 lowercase letters, digits, `-`, `_` and `.`
            its manifest is damaged: EOF while parsing an object at line 1 column 29
            "#
        );
    }

    proptest! {
        #[test]
        fn damaged_records_are_refused_and_never_panic(at in 0usize..400, byte: u8, cut in 0usize..400) {
            let mut bytes = [PLUGIN, B, A].concat().into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(bytes.len() - cut % bytes.len());
            if let Err(error) = Manifest::from_records(&bytes) {
                prop_assert!(!error.message.contains('\n'));
            }
        }
    }
}
