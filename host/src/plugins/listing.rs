//! What `genomenas plugin list` and `genomenas plugin info` show.

use genomenas_data::error::Result;
use genomenas_plugin::message::{StrategyInfo, StrategyKind};
use serde::Serialize;
use serde_json::Value;

use super::crashes::Record;
use super::registry::{DiscoveredPlugin, StrategyRef, StrategyRegistry};

/// A line of the list: a strategy, or a file that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The strategy's id, as a user writes it; empty for a file that was refused.
    pub strategy: String,
    /// `search`, `baseline` or, for a file that was refused, `refused`.
    pub kind: String,
    /// The plugin's id; empty for a file that was refused.
    pub plugin: String,
    /// The plugin's version.
    pub version: String,
    /// One sentence about the strategy, or why the file was refused.
    pub about: String,
    /// The file.
    pub path: String,
    /// That the plugin crashed, when and how, and whether it is still loaded; absent where it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crashes: Option<String>,
}

/// Everything known of a strategy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Details {
    /// Names and values, to be shown one a line; in JSON an object whose keys have `_` for spaces.
    #[serde(serialize_with = "object")]
    pub facts: Vec<(&'static str, String)>,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// The JSON Schema of the parameters.
    pub schema: Value,
}

fn object<S: serde::Serializer>(
    facts: &[(&'static str, String)],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(facts.iter().map(|(name, value)| (name.replace(' ', "_"), value)))
}

/// A parameter in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it takes: `integer from 1 to 100`.
    pub takes: String,
    /// Its default, as JSON.
    pub default: String,
    /// What it acts on, where the plugin says so: the network of a baseline or the search, or how trials are trained.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub acts_on: String,
    /// What it is.
    pub about: String,
}

/// The list: every strategy in the order of the search, then every file that was refused.
pub fn rows(registry: &StrategyRegistry) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for StrategyRef { plugin, manifest, strategy } in registry.strategies() {
        let taken = rows.iter().any(|row| row.strategy == strategy.id);
        rows.push(Row {
            strategy: if taken { format!("{}/{}", manifest.id, strategy.id) } else { strategy.id.clone() },
            kind: strategy.kind.name().to_owned(),
            plugin: manifest.id.clone(),
            version: manifest.version.clone(),
            about: strategy.about.clone(),
            path: plugin.path.display().to_string(),
            crashes: crashes(plugin),
        });
    }
    let refused =
        registry.found().iter().filter_map(|file| file.manifest.as_ref().err().map(|refusal| (file, refusal)));
    rows.extend(refused.map(|(file, refusal)| Row {
        strategy: String::new(),
        kind: "refused".to_owned(),
        plugin: String::new(),
        version: String::new(),
        about: refusal.to_string(),
        path: file.path.display().to_string(),
        crashes: None,
    }));
    rows
}

/// The details of the strategy called `name`.
///
/// # Errors
///
/// There is no such strategy.
pub fn details(registry: &StrategyRegistry, name: &str) -> Result<Details> {
    let StrategyRef { plugin, manifest, strategy } = registry.strategy(name)?;
    let mut facts = vec![
        ("strategy", strategy.id.clone()),
        ("kind", strategy.kind.name().to_owned()),
        ("about", strategy.about.clone()),
        ("needs", strategy.needs.join(", ")),
        ("plugin", format!("{} {}", manifest.id, manifest.version)),
        ("description", manifest.description.clone()),
        ("authors", manifest.authors.join(", ")),
        ("licence", manifest.license.clone()),
        ("file", plugin.path.display().to_string()),
        ("sha256", plugin.sha256.clone()),
        ("built with", built_with(&manifest.sdk, plugin.rustc.as_deref(), &manifest.target)),
        ("speaks", format!("interface {}, messages {}", manifest.abi, manifest.protocol)),
        ("crashes", crashes(plugin).unwrap_or_default()),
    ];
    facts.retain(|(_, value)| !value.is_empty());
    Ok(Details { facts, parameters: parameters(strategy), schema: strategy.parameters.clone() })
}

/// The parameters of a strategy in words.
pub fn parameters(strategy: &StrategyInfo) -> Vec<Parameter> {
    let says = strategy.properties().any(|(_, schema)| is_of_training(schema));
    let mut parameters = of_schema(&strategy.parameters);
    for (parameter, (_, schema)) in parameters.iter_mut().zip(strategy.properties()) {
        parameter.acts_on = match (says, strategy.kind) {
            // A plugin of an earlier version.
            (false, _) => String::new(),
            (true, _) if is_of_training(schema) => "training".to_owned(),
            (true, StrategyKind::Baseline) => "network".to_owned(),
            (true, _) => "search".to_owned(),
        };
    }
    parameters
}

/// What a JSON Schema says of its properties, in words.
pub fn of_schema(schema: &Value) -> Vec<Parameter> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let parameter = |(name, schema): (&String, &Value)| Parameter {
        name: name.clone(),
        takes: takes(schema),
        default: schema.get("default").map_or(String::new(), Value::to_string),
        acts_on: String::new(),
        about: schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
    };
    properties.into_iter().flatten().map(parameter).collect()
}

/// Whether a parameter goes into the plan by which trials train, as its plugin says.
pub fn is_of_training(schema: &Value) -> bool {
    schema.get("acts_on").is_some_and(|what| what == "training")
}

fn crashes(plugin: &DiscoveredPlugin) -> Option<String> {
    plugin.record.as_ref().and_then(Record::in_words)
}

fn built_with(sdk: &str, rustc: Option<&str>, target: &str) -> String {
    let sdk = (!sdk.is_empty()).then(|| format!("genomenas-plugin {sdk}"));
    let rustc = rustc.map(|version| format!("rustc {version}"));
    let target = (!target.is_empty()).then(|| format!("for {target}"));
    [sdk, rustc, target].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn takes(schema: &Value) -> String {
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        let choices = choices.iter().filter(|choice| !choice.is_null());
        return choices
            .map(|choice| choice.as_str().map_or(choice.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(" | ");
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "anything".to_owned(),
    };
    if let Some(items) = schema.get("items") {
        return format!("list of: {}", takes(items));
    }
    match (schema.get("minimum"), schema.get("maximum")) {
        (Some(minimum), Some(maximum)) => format!("{kind} from {minimum} to {maximum}"),
        (Some(minimum), None) => format!("{kind} of at least {minimum}"),
        (None, Some(maximum)) => format!("{kind} of at most {maximum}"),
        (None, None) => kind,
    }
}
