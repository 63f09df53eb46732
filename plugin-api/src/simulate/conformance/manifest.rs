//! What a plugin says of itself, and that it is so.

use serde_json::Value;

use super::check::{Verdict, first_mend, kept, skipped};
use super::course::{Course, Treatment, equal};
use super::reach::is_lost;
use super::subject::Subject;
use crate::message::StrategyInfo;
use crate::{Error, Result};

pub(super) fn library(subject: &Subject<'_>) -> Result<Verdict> {
    let Some(info) = &subject.info else {
        return skipped("the manifest of a strategy that is not registered is not known");
    };
    if info.about.trim().is_empty() {
        return Err(Error::new(format!("strategy '{}' does not say what it is (about)", info.id)));
    }
    check_schema(info)?;
    kept(subject.reach.library()?)
}

/// Refuses a schema that says less than a person needs, or contradicts itself.
fn check_schema(info: &StrategyInfo) -> Result<()> {
    let schema = &info.parameters;
    if schema.get("type").and_then(Value::as_str) != Some("object")
        || !schema.get("properties").is_none_or(Value::is_object)
    {
        return Err(Error::new("the schema of its parameters is not that of an object with properties"));
    }
    for (name, property) in info.properties() {
        let text = |key: &str| property.get(key).and_then(Value::as_str).unwrap_or_default();
        if text("description").trim().is_empty() {
            return Err(Error::new(format!("the parameter '{name}' has no description")));
        }
        let Some(default) = property.get("default").filter(|default| !default.is_null()) else { continue };
        let number = |key: &str| property.get(key).and_then(Value::as_f64);
        let below = default.as_f64().zip(number("minimum")).is_some_and(|(value, least)| value < least);
        let above = default.as_f64().zip(number("maximum")).is_some_and(|(value, most)| value > most);
        let options = property.get("enum").and_then(Value::as_array);
        if below || above || options.is_some_and(|options| !options.contains(default)) {
            return Err(Error::new(format!(
                "the default of the parameter '{name}', {default}, is not one that it takes"
            )));
        }
    }
    Ok(())
}

/// A name that no parameter has.
const NO_NAME: &str = "no-parameter-has-this-name";

pub(super) fn parameters(subject: &Subject<'_>) -> Result<Verdict> {
    let Some(info) = &subject.info else {
        return skipped("the parameters of a strategy that is not registered are not known");
    };
    let mut unknown = subject.home.setup.clone();
    unknown.parameters.insert(NO_NAME.to_owned(), 1.into());
    match subject.reach.open(&serde_json::to_vec(&unknown)?) {
        Err(error) if is_lost(&error) => return Err(error),
        Err(error) if error.message.contains(NO_NAME) => {}
        Err(error) => {
            return Err(Error::new(format!("it refuses a parameter that it does not have without its name: {error}")));
        }
        Ok(_) => {
            return Err(Error::new("it takes a parameter that it does not have, so a slip of the pen would be lost"));
        }
    }
    let mut home = subject.home.clone();
    let defaults = info.resolve(&home.setup.parameters).into_iter().filter(|(_, value)| !value.is_null());
    home.setup.parameters = defaults.collect();
    if subject.again().is_err() {
        return first_mend("same-seed");
    }
    let course = Course::of(subject.reach, &home, &Treatment::default())
        .map_err(|error| if is_lost(&error) { error } else { error.context("with the defaults of its own schema") })?;
    equal(&subject.plain()?.answers, &course.answers)
        .map_err(|error| error.context("without parameters, and with the defaults of its own schema"))?;
    kept(format!("{} defaults are what it uses, and others are refused", home.setup.parameters.len()))
}
