//! A plugin that misbehaves on demand, so that the tests can show that the host survives all of it.
//!
//! The strategy counts its calls and misbehaves at the call that its orders name. The count is its state, so an instance
//! that loaded a saved state does not misbehave at the same call again, unless the replay leads it there. It implements
//! `Instance`, because it has to misbehave in every hook.

mod constructor;
mod exits;
mod floods;
mod hangs;
mod reach;
mod replies;

use std::cell::Cell;

use genomenas_plugin::message::{
    Ask, Candidate, Discard, Network, Optimizer, Plan, Proposal, Report, Setup, Trial, TrialId,
};
use genomenas_plugin::space::Selection;
use genomenas_plugin::{Error, Instance, Parameters, Result, export_plugin, register};

/// What to do and when.
#[derive(Clone, Debug, Parameters)]
pub struct Orders {
    /// The misdeed.
    #[parameter(default = "nothing", one_of = [
        "nothing", "panic", "panic-payload", "panic-drop", "segfault", "abort", "exit", "exit-1", "exit-fast", "kill",
        "terminate", "loop", "sleep", "stop", "allocate", "recurse", "print", "flood-out", "flood-err", "flood-line",
        "error", "huge-reply", "nondeterministic", "log", "reply-drip", "reply-gigabyte", "reply-kind", "reply-half",
        "reply-empty", "reply-deep", "reply-not-text", "reply-overflow", "reply-nan", "reply-twice", "number-huge",
        "number-negative", "number-nan",
    ])]
    pub misbehave: String,
    /// The hook in which to do it.
    #[parameter(default = "propose", one_of = ["create", "propose", "update", "discard", "save", "load", "drop"])]
    pub hook: String,
    /// The call of that hook, counted from 1, at which to do it.
    #[parameter(default = 1, minimum = 1)]
    pub call: u64,
    /// A file that is created before the misdeed; where it exists, the strategy behaves. Without one it misbehaves
    /// every time.
    #[parameter()]
    pub once: Option<String>,
    /// The report at which its process aborts, once an earlier state was saved, so that it is loaded; 0 for none.
    #[parameter(default = 0)]
    pub abort_at_update: u64,
    /// Architectures, drawn from the space, that it has trained before it finishes with the first, as a strategy should;
    /// with 0 it only waits.
    #[parameter(default = 0, maximum = 100)]
    pub trials: usize,
}

/// A strategy under orders.
#[derive(Debug)]
pub struct Hostile {
    orders: Orders,
    calls: Calls,
    drawn: Vec<Selection>,
    share: u64,
    /// Calls of this process so far: the host counts them, too, and two before them.
    answered: Cell<u32>,
}

/// How often each hook was called.
#[derive(Clone, Copy, Debug, Default)]
struct Calls {
    propose: u64,
    update: u64,
    discard: u64,
}

impl Hostile {
    fn new(setup: &Setup, orders: Orders) -> Result<Self> {
        let drawn = setup.space.sample_distinct(orders.trials, setup.seed);
        let share = setup.budget.amount.div_ceil(drawn.len().max(1) as u64);
        let hostile = Self { orders, calls: Calls::default(), drawn, share, answered: Cell::new(0) };
        hostile.act("create", 1)?;
        Ok(hostile)
    }

    /// Counts a call. Returns its number.
    fn answer(&self) -> u32 {
        self.answered.set(self.answered.get() + 1);
        self.answered.get() + 2
    }

    /// Does what was ordered, if this is the hook and the call.
    fn act(&self, hook: &str, call: u64) -> Result<()> {
        let Orders { misbehave, hook: ordered, call: at, once, .. } = &self.orders;
        if hook != ordered || call != *at {
            return Ok(());
        }
        if let Some(path) = once {
            // Creating the file and failing if it is there is one step.
            if std::fs::File::create_new(path).is_err() {
                return Ok(());
            }
        }
        misdeed(misbehave, hook)
    }
}

impl Instance for Hostile {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        let number = self.answer();
        self.calls.propose += 1;
        self.act("propose", self.calls.propose)?;
        let network = |selection: &Selection| Network::Selection { selection: selection.clone() };
        let rate = match self.orders.misbehave.as_str() {
            "number-huge" => 1e308,
            "number-negative" => -1.0,
            "number-nan" => f64::NAN,
            _ => 0.01,
        };
        let plan = || Plan { epochs: 100, batch: 16, cnn: Optimizer::adam(rate), ..Plan::default() };
        let proposal = match self.drawn.as_slice() {
            [] => Proposal::Wait,
            drawn if self.calls.propose == 1 && ask.remaining > 0 => Proposal::Trials {
                trials: drawn.iter().map(|one| Trial::train(network(one), plan()).with_limit(self.share)).collect(),
            },
            [first, ..] => Proposal::finish(Candidate { network: network(first), trial: None }),
        };
        if self.calls.propose == self.orders.call {
            replies::reply(&self.orders.misbehave, number, &proposal);
        }
        Ok(proposal)
    }

    fn update(&mut self, _: &Report) -> Result<()> {
        self.answer();
        self.calls.update += 1;
        if self.calls.update == self.orders.abort_at_update {
            std::process::abort();
        }
        self.act("update", self.calls.update)
    }

    fn discard(&mut self, _: &Report) -> Result<Vec<Discard>> {
        self.answer();
        self.calls.discard += 1;
        self.act("discard", self.calls.discard)?;
        if !self.drawn.is_empty() && self.orders.misbehave != "nondeterministic" {
            return Ok(vec![]);
        }
        let answer = match self.orders.misbehave.as_str() {
            // The process differs after a restart, as the clock or the address of a map would.
            "nondeterministic" => std::process::id().into(),
            _ => self.calls.propose * 1000 + self.calls.update,
        };
        Ok(vec![Discard::Trial { trial: TrialId(answer) }])
    }

    fn save(&self) -> Result<Vec<u8>> {
        self.answer();
        self.act("save", 1)?;
        if self.orders.misbehave == "huge-reply" {
            return Ok(vec![b' '; 65 << 20]);
        }
        Ok([self.calls.propose, self.calls.update, self.calls.discard].map(u64::to_le_bytes).concat())
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.answer();
        self.act("load", 1)?;
        let (numbers, []) = state.as_chunks::<8>() else {
            return Err(Error::invalid("the state is cut off"));
        };
        let [propose, update, discard] = *numbers else {
            return Err(Error::invalid("the state is not mine"));
        };
        let [propose, update, discard] = [propose, update, discard].map(u64::from_le_bytes);
        self.calls = Calls { propose, update, discard };
        Ok(())
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        assert!(self.orders.misbehave != "panic-drop", "ordered to panic in drop");
        // What it returns nobody hears any more.
        let _ = self.act("drop", 1);
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the misdeeds")]
fn misdeed(misbehave: &str, hook: &str) -> Result<()> {
    match misbehave {
        "allocate" => {
            let mut hoard = Vec::new();
            loop {
                hoard.push(std::hint::black_box(vec![1_u8; 16 << 20]));
            }
        }
        "print" => {
            println!("printed on standard output in {hook}");
            eprintln!("printed on standard error in {hook}");
        }
        "log" => log::warn!("logged in {hook}"),
        "error" => return Err(Error::new(format!("ordered to fail in {hook}"))),
        _ => {
            exits::exit(misbehave, hook);
            hangs::hang(misbehave);
            floods::flood(misbehave);
        }
    }
    Ok(())
}

register! {
    Box<dyn Instance>,
    id = "hostile",
    kind = search,
    about = "Does what its orders say, which is nothing good.",
    parameters = Orders,
    build = |setup, orders| Ok(Box::new(Hostile::new(setup, orders)?)),
}

register! {
    Box<dyn Instance>,
    id = "another-hostile",
    kind = baseline,
    about = "The same, without orders.",
    needs = ["supernet"],
    build = |setup, _parameters| Ok(Box::new(Hostile::new(setup, Orders::default())?)),
}

export_plugin!();
