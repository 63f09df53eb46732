//! Messages and states as they should not be, and messages of a later version.

use serde_json::{Value, json};

use super::check::{Verdict, first_mend, kept};
use super::damage::garbage;
use super::reach::{Hook, Wired, is_lost};
use super::subject::Subject;
use crate::engine::Call;
use crate::message::{Discard, Proposal, Setup};
use crate::{Error, Instance as _, Result};

pub(super) fn foreign_state(subject: &Subject<'_>) -> Result<Verdict> {
    let setup = serde_json::to_vec(&subject.home.setup)?;
    for state in [b"\xff\x00 not a state".as_slice(), b"[[[["] {
        match Wired::new(subject.reach.open(&setup)?).load(state) {
            Err(error) if is_lost(&error) => return Err(error),
            Err(_) => {}
            Ok(()) => return Err(Error::new(format!("load() took '{}' for a state", state.escape_ascii()))),
        }
    }
    kept("two states that it never saved were refused")
}

/// Garbage is refused, and the instance stands where it stood.
pub(super) fn garbage_is_refused(subject: &Subject<'_>) -> Result<Verdict> {
    let setup = serde_json::to_vec(&subject.home.setup)?;
    let mut instance = Wired::new(subject.reach.open(&setup)?);
    let before = instance.save()?;
    let hooks = [(Hook::Propose, "propose"), (Hook::Update, "update"), (Hook::Discard, "discard")];
    let mut count = 0;
    for (what, bytes) in garbage() {
        for (hook, name) in hooks {
            match instance.call(hook, &bytes) {
                Err(error) if is_lost(&error) => return Err(error.context(format!("{what} as the message of {name}"))),
                Err(_) => count += 1,
                Ok(_) => return Err(Error::new(format!("{name} took {what} for a message"))),
            }
        }
    }
    if instance.save()? != before {
        return Err(Error::new("its state is another one after messages that it refused"));
    }
    for (what, bytes) in garbage() {
        // A state may be anything, also what is garbage elsewhere.
        match instance.load(&bytes) {
            Err(error) if is_lost(&error) => return Err(error.context(format!("{what} as a state"))),
            Err(_) | Ok(()) => count += 1,
        }
        match subject.reach.open(&bytes) {
            Err(error) if is_lost(&error) => return Err(error.context(format!("{what} as a setup"))),
            Err(_) => count += 1,
            Ok(_) => return Err(Error::new(format!("it was built from {what}"))),
        }
    }
    kept(format!("{count} pieces of garbage did no harm"))
}

/// The objects of messages to which a later version may add.
const OBJECTS: [&str; 8] = ["", "/budget", "/used", "/cost", "/epoch", "/end", "/end/best", "/data"];

/// The message with a field more in each object that a later version may extend.
fn extended(mut message: Value) -> Value {
    for place in OBJECTS {
        if let Some(object) = message.pointer_mut(place).and_then(Value::as_object_mut) {
            object.insert("a_later_field".to_owned(), json!({"of": ["a", "later", 1.5]}));
        }
    }
    message
}

/// A strategy answers messages of a later version as those of this one.
pub(super) fn unknown_fields(subject: &Subject<'_>) -> Result<Verdict> {
    if subject.again().is_err() {
        return first_mend("same-seed");
    }
    let Setup { protocol, .. } = &subject.home.setup;
    let mut setup = serde_json::to_value(&subject.home.setup)?;
    let later = protocol.split_once('.').map_or_else(|| protocol.clone(), |(major, _)| format!("{major}.999"));
    setup["protocol"] = later.into();
    let setup = serde_json::to_vec(&extended(setup))?;
    let more = |error: Error, what: &str| {
        if is_lost(&error) { error } else { error.context(format!("{what} with fields that it does not know")) }
    };
    let instance = Wired::new(subject.reach.open(&setup).map_err(|error| more(error, "a setup"))?);
    let send = |hook, message: Value, what: &str| {
        let reply = instance.call(hook, &serde_json::to_vec(&extended(message))?).map_err(|error| more(error, what))?;
        Ok::<_, Error>(if hook == Hook::Update { Value::Null } else { serde_json::from_slice(&reply)? })
    };
    let calls = &subject.plain()?.calls;
    for (number, call) in calls.iter().enumerate() {
        let same = match call {
            Call::Propose { ask, proposal } => {
                let answer = send(Hook::Propose, serde_json::to_value(ask)?, "an ask")?;
                serde_json::from_value::<Proposal>(answer)? == *proposal
            }
            Call::Update { report } => send(Hook::Update, serde_json::to_value(report)?, "a report").map(|_| true)?,
            Call::Discard { report, discards } => {
                let answer = send(Hook::Discard, serde_json::to_value(report)?, "a report")?;
                serde_json::from_value::<Vec<Discard>>(answer)? == *discards
            }
        };
        if !same {
            return Err(Error::new(format!(
                "with fields that it does not know, it answers call {} otherwise",
                number + 1
            )));
        }
    }
    kept(format!("{} messages with fields of a later version were answered alike", calls.len() + 1))
}
