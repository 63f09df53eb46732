//! Limits of a plugin's process: deadlines, memory, crashes, confinement.

use std::time::Duration;

use genomenas_plugin_host::wire::Kind;

use crate::spec::hook_deadline::HookDeadline;

/// The limits of one plugin process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a call may take.
    pub deadlines: Deadlines,
    /// Addresses that the process may have, in bytes.
    pub memory: u64,
    /// Crashes in a row after which a run is given up.
    pub crashes: u32,
    /// Whether the process is kept from files, the network and other processes, as far as the kernel can.
    pub confined: bool,
    /// Whether the process waits for a debugger, once its library is loaded and before an instance is made.
    pub debugger: bool,
}

/// How long each call may take; a process that is later is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Starting the process and loading the library, each.
    pub start: Duration,
    /// Making the instance.
    pub create: Duration,
    /// Proposing.
    pub propose: Duration,
    /// Receiving a report.
    pub update: Duration,
    /// Discarding.
    pub discard: Duration,
    /// Saving the state.
    pub save: Duration,
    /// Loading a state.
    pub load: Duration,
}

impl Limits {
    /// The usual limits, with the deadline that a person set and whether they want plugins confined.
    pub fn new(deadline: Option<HookDeadline>, confined: bool) -> Self {
        let deadlines = deadline.map_or_else(Deadlines::default, |deadline| Deadlines::all(deadline.time()));
        Self { deadlines, confined, ..Self::default() }
    }

    /// These for a process that waits for a debugger: nothing has a deadline, and one that crashed is not started again.
    #[must_use]
    pub fn under_a_debugger(self) -> Self {
        /// A person may look at a breakpoint for days. Not the longest time there is, which no clock could be added to.
        const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
        Self { deadlines: Deadlines::all(YEAR), crashes: 1, debugger: true, ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { deadlines: Deadlines::default(), memory: 8 << 30, crashes: 3, confined: true, debugger: false }
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { start: START, ..Self::all(Duration::from_secs(60)) }
    }
}

/// How long a process may take to start and to load a library, at least: that depends on the machine, and not on what a
/// strategy computes.
const START: Duration = Duration::from_secs(10);

impl Deadlines {
    /// The same time for each call of the plugin.
    pub fn all(time: Duration) -> Self {
        Self {
            start: time.max(START),
            create: time,
            propose: time,
            update: time,
            discard: time,
            save: time,
            load: time,
        }
    }

    /// The deadline of a kind of call.
    pub(super) fn of(&self, kind: Kind) -> Duration {
        match kind {
            Kind::Create => self.create,
            Kind::Propose => self.propose,
            Kind::Update => self.update,
            Kind::Discard => self.discard,
            Kind::Save => self.save,
            Kind::Load => self.load,
            Kind::Hello | Kind::Open | Kind::Swap | Kind::Reply | Kind::Failure => self.start,
        }
    }
}

/// The name of a call in messages.
pub(super) const fn call_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Hello => "start",
        Kind::Open => "loading",
        Kind::Create => "create",
        Kind::Propose => "propose",
        Kind::Update => "update",
        Kind::Discard => "discard",
        Kind::Save => "save",
        Kind::Load => "load",
        Kind::Swap => "swap",
        Kind::Reply | Kind::Failure => "a reply",
    }
}

/// When something happened: "in propose", "while it was loaded".
pub(super) fn during(kind: Kind) -> String {
    match kind {
        Kind::Hello => "while it was started".to_owned(),
        Kind::Open => "while it was loaded".to_owned(),
        other => format!("in {}", call_name(other)),
    }
}

/// What did not come in time: "did not answer propose within 60 s and was killed", and how to allow for more.
pub(super) fn late(kind: Kind, time: Duration) -> String {
    let what = match kind {
        Kind::Hello => "did not start".to_owned(),
        Kind::Open => "was not loaded".to_owned(),
        other => format!("did not answer {}", call_name(other)),
    };
    let more = time.as_secs().max(5).saturating_mul(2);
    format!("{what} within {} s and was killed (where it needs longer: --hook-deadline {more}s)", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_that_a_person_set_is_that_of_every_call_and_never_too_short_to_start() {
        let limits = |text: &str| Limits::new(Some(text.parse().unwrap()), true).deadlines;
        let (short, long) = (limits("1s"), limits("5m"));
        for kind in [Kind::Create, Kind::Propose, Kind::Update, Kind::Discard, Kind::Save, Kind::Load] {
            assert_eq!((short.of(kind).as_secs(), long.of(kind).as_secs()), (1, 300), "{kind:?}");
        }
        assert_eq!((short.of(Kind::Open).as_secs(), long.of(Kind::Hello).as_secs()), (10, 300));
        assert_eq!(Limits::new(None, true), Limits::default());
    }

    #[test]
    fn what_is_late_is_named_with_the_option_that_allows_for_it() {
        assert_eq!(
            late(Kind::Propose, Duration::from_secs(60)),
            "did not answer propose within 60 s and was killed (where it needs longer: --hook-deadline 120s)"
        );
        assert!(late(Kind::Open, Duration::from_secs(10)).starts_with("was not loaded within 10 s"));
    }
}
