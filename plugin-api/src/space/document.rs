//! The file of a space: TOML for a person to write, JSON for a program.

use serde::Serialize;

use super::{Block, Space};
use crate::{Error, Result};

impl Space {
    /// Reads a document, TOML or JSON (recognised by its first character), and validates it.
    pub fn from_text(text: &str) -> Result<Self> {
        let space: Self = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| Error::invalid(format!("not a space document: {error}")))?
        } else {
            toml::from_str(text).map_err(|error| {
                // Shown as it is, the error would hold the whole line, however long.
                let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                Error::invalid(format!("not a space document: line {line}: {}", error.message()))
            })?
        };
        space.validate()?;
        Ok(space)
    }

    /// The document as TOML, with one line a decision, a rule and a node. Reading it returns the same space.
    pub fn to_toml(&self) -> Result<String> {
        // In this order: what follows a block's header would belong to the block.
        let mut parts = vec![
            field("format", &self.format)?,
            field("version", &self.version)?,
            field("name", &self.name)?,
            field("input", &self.graph.input)?,
            field("output", &self.graph.output)?,
            lines("decisions", &self.decisions)?,
        ];
        if !self.rules.is_empty() {
            parts.push(lines("rules", &self.rules)?);
        }
        parts.push(lines("nodes", &self.graph.nodes)?);
        for (name, Block { inputs, nodes, output }) in &self.graph.blocks {
            parts.push(format!("\n[blocks.{}]\n", key(name)?));
            parts.extend([field("inputs", inputs)?, field("output", output)?, lines("nodes", nodes)?]);
        }
        Ok(parts.concat())
    }

    /// The document as JSON, indented. Reading it returns the same space.
    pub fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

fn field(key: &str, value: &impl Serialize) -> Result<String> {
    Ok(format!("{key} = {}\n", inline(value)?))
}

/// An array with one line an element.
fn lines(key: &str, values: &[impl Serialize]) -> Result<String> {
    let lines: Vec<String> =
        values.iter().map(|value| inline(value).map(|line| format!("    {line},\n"))).collect::<Result<_>>()?;
    Ok(format!("{key} = [\n{}]\n", lines.concat()))
}

fn inline(value: &(impl Serialize + ?Sized)) -> Result<String> {
    let mut text = String::new();
    value.serialize(toml::ser::ValueSerializer::new(&mut text)).map_err(Error::invalid)?;
    Ok(text)
}

/// A key as it is where TOML takes it bare, and else in quotes.
fn key(name: &str) -> Result<String> {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if bare { Ok(name.to_owned()) } else { inline(name) }
}
