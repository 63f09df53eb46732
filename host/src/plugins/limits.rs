//! Limits of a plugin's process: deadlines, memory, crashes.

use std::time::Duration;

use genomenas_plugin_host::wire::Kind;

/// The limits of one plugin process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a call may take.
    pub deadlines: Deadlines,
    /// Addresses that the process may have, in bytes.
    pub memory: u64,
    /// Crashes after which a run is given up.
    pub crashes: u32,
    /// Whether the process is kept from files, the network and other processes, as far as the kernel can.
    pub confined: bool,
}

/// How long each call may take; a process that is later is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Starting the process, loading the library and making the instance, each.
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

impl Default for Limits {
    fn default() -> Self {
        Self { deadlines: Deadlines::default(), memory: 8 << 30, crashes: 3, confined: true }
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        let hook = Duration::from_secs(60);
        Self { create: Duration::from_secs(10), propose: hook, update: hook, discard: hook, save: hook, load: hook }
    }
}

impl Deadlines {
    /// The deadline of a kind of call.
    pub(super) fn of(&self, kind: Kind) -> Duration {
        match kind {
            Kind::Propose => self.propose,
            Kind::Update => self.update,
            Kind::Discard => self.discard,
            Kind::Save => self.save,
            Kind::Load => self.load,
            Kind::Hello | Kind::Open | Kind::Create | Kind::Reply | Kind::Failure => self.create,
        }
    }
}

/// The name of a call in messages.
pub(super) const fn call_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Hello => "its start",
        Kind::Open => "being loaded",
        Kind::Create => "create",
        Kind::Propose => "propose",
        Kind::Update => "update",
        Kind::Discard => "discard",
        Kind::Save => "save",
        Kind::Load => "load",
        Kind::Reply | Kind::Failure => "a reply",
    }
}
