//! What the documented ranges cost: a hook at the end of a range must fit into the deadline that a host sets by default,
//! also where the machine is many times as slow as this one.

use std::time::{Duration, Instant};

use bonas as _;

use genomenas_plugin::message::{Ask, Discard, Proposal, Report};
use genomenas_plugin::simulate::Simulation;
use genomenas_plugin::simulate::kit::genomenas;
use genomenas_plugin::{Instance, Result, strategy};

/// The longest that a proposal may take here, where it is less optimised than as a plugin: the default deadline is three
/// times as long.
const MOST: Duration = Duration::from_secs(20);

/// The time that this thread was at work, where the kernel counts it: other tests keep the processor busy, too.
enum Clock {
    Thread(u64),
    Wall(Instant),
}

impl Clock {
    fn start() -> Self {
        at_work().map_or_else(|| Self::Wall(Instant::now()), Self::Thread)
    }

    fn elapsed(&self) -> Duration {
        match self {
            Self::Thread(begun) => Duration::from_nanos(at_work().unwrap_or(u64::MAX) - begun),
            Self::Wall(begun) => begun.elapsed(),
        }
    }
}

/// Nanoseconds on a processor.
fn at_work() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

/// A strategy, and the longest that it took to propose.
struct Timed {
    strategy: Box<dyn Instance>,
    longest: Duration,
}

impl Instance for Timed {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        let begun = Clock::start();
        let proposal = self.strategy.propose(ask);
        self.longest = self.longest.max(begun.elapsed());
        proposal
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        self.strategy.update(report)
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        self.strategy.discard(report)
    }

    fn save(&self) -> Result<Vec<u8>> {
        self.strategy.save()
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.strategy.load(state)
    }
}

fn longest(simulation: &Simulation) -> Duration {
    let strategy = strategy("bonas").unwrap().build(simulation.setup()).unwrap();
    let mut timed = Timed { strategy, longest: Duration::ZERO };
    simulation.run(&mut timed).unwrap();
    timed.longest
}

#[test]
fn the_most_candidates_are_judged_well_within_the_default_deadline() {
    for (name, value) in [("generate_num", 1000), ("generate_num", 100_000)] {
        let simulation = genomenas().budget("256samples".parse().unwrap()).parameter(name, value);
        let simulation = simulation.parameter("batch", 16).parameter("init_num", 2).parameter("bo_sample_num", 2);
        let longest = longest(&simulation);
        assert!(longest < MOST, "{name}={value}: {longest:?}");
    }
}
