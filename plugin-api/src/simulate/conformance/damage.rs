//! Messages as they should not be.

use rand::{Rng, RngExt as _};

use super::reach::Hook;
use crate::seed;

/// What no hook can take for a message, with what it is.
pub(super) fn garbage() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", Vec::new()),
        ("text", b"this is not JSON".to_vec()),
        ("bytes that are not text", vec![0xff, 0xfe, 0, 1, 2, 3]),
        ("zeros", vec![0; 4096]),
        ("null", b"null".to_vec()),
        ("a number", b"1e400".to_vec()),
        ("an object that was cut off", br#"{"trial":0,"cost":{"samples":1"#.to_vec()),
        ("an empty object", b"{}".to_vec()),
        ("an object of other types", br#"{"trial":"zero","budget":[],"remaining":-1,"cost":true}"#.to_vec()),
        ("ten thousand brackets", vec![b'['; 10_000]),
    ]
}

/// A message with some of its bytes changed, cut off, doubled or replaced by numbers at the edge, and a hook for it.
pub(super) fn damaged(message: &[u8], number: u64) -> (Hook, Vec<u8>) {
    const HOOKS: [Hook; 4] = [Hook::Propose, Hook::Update, Hook::Discard, Hook::Load];
    let mut draws = seed::stream(number, "damage", 0);
    let hook = HOOKS[draws.random_range(0..HOOKS.len())];
    let mut message = message.to_vec();
    for _ in 0..draws.random_range(1..=3) {
        damage(&mut message, &mut draws);
    }
    (hook, message)
}

fn damage(message: &mut Vec<u8>, draws: &mut impl Rng) {
    const EDGES: [&[u8]; 8] =
        [b"-1", b"18446744073709551615", b"1e308", b"-1e308", b"0", b"null", b"[]", b"\"\\u0000\""];
    if message.is_empty() {
        message.extend(b"{}");
    }
    let at = draws.random_range(0..message.len());
    match draws.random_range(0..5) {
        0 => message.truncate(at),
        1 => message[at] = draws.random(),
        2 => {
            let end = draws.random_range(at..message.len());
            message.drain(at..end);
        }
        3 => {
            let part = message[at..].to_vec();
            message.extend(part);
        }
        // A number in it becomes another, so that the message may well be read.
        _ => {
            let Some(from) = (at..message.len()).find(|&at| message[at].is_ascii_digit()) else { return };
            let to = (from..message.len()).find(|&at| !message[at].is_ascii_digit()).unwrap_or(message.len());
            let edge = EDGES[draws.random_range(0..EDGES.len())];
            message.splice(from..to, edge.iter().copied());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_always_does_the_same_damage_and_numbers_differ() {
        let message = br#"{"remaining":100,"budget":{"amount":100,"unit":"samples"}}"#;
        let all: Vec<_> = (0..50).map(|number| damaged(message, number).1).collect();
        assert_eq!(all, (0..50).map(|number| damaged(message, number).1).collect::<Vec<_>>());
        let changed = all.iter().filter(|damaged| damaged.as_slice() != message).count();
        assert!(changed > 40, "{changed}");
        // Some can still be read.
        assert!(all.iter().any(|damaged| serde_json::from_slice::<serde_json::Value>(damaged).is_ok()));
    }
}
