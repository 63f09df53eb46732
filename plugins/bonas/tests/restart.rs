//! A search that is killed at any instant goes on as if it had not been.

use bonas as _;
use genomenas_plugin::message::{Ask, Discard, Proposal, Report, Setup};
use genomenas_plugin::simulate::kit::small_genomenas;
use genomenas_plugin::simulate::{Simulated, Simulation};
use genomenas_plugin::{Instance, Result, strategy};

/// What the journal of a run holds of a hook call.
enum Call {
    Propose(Ask),
    Report(Box<Report>),
}

/// A strategy whose process dies after every few calls: another loads the state that was saved last, and is given the
/// calls since.
struct Killed<'a> {
    setup: &'a Setup,
    inner: Box<dyn Instance>,
    saved: Option<Vec<u8>>,
    since: Vec<Call>,
    every: usize,
}

impl Killed<'_> {
    fn after(&mut self, call: Call) -> Result<()> {
        self.since.push(call);
        if self.since.len().is_multiple_of(self.every) {
            self.inner = strategy("bonas")?.build(self.setup)?;
            if let Some(saved) = &self.saved {
                self.inner.load(saved)?;
            }
            for call in &self.since {
                match call {
                    Call::Propose(ask) => _ = self.inner.propose(ask)?,
                    Call::Report(report) => {
                        self.inner.update(report)?;
                        self.inner.discard(report)?;
                    }
                }
            }
        }
        if self.since.len() == 2 * self.every {
            self.saved = Some(self.inner.save()?);
            self.since.clear();
        }
        Ok(())
    }
}

impl Instance for Killed<'_> {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        let answer = self.inner.propose(ask)?;
        self.after(Call::Propose(ask.clone()))?;
        Ok(answer)
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        self.inner.update(report)
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        let answer = self.inner.discard(report)?;
        self.after(Call::Report(Box::new(report.clone())))?;
        Ok(answer)
    }

    fn save(&self) -> Result<Vec<u8>> {
        self.inner.save()
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.inner.load(state)
    }
}

#[test]
fn a_restart_from_the_journal_changes_no_byte() {
    for evaluation in ["shared", "alone"] {
        let simulation: Simulation = small_genomenas()
            .parameter("evaluation", evaluation)
            .parameter("gcn_epochs", 8)
            .parameter("generate_num", 40)
            .slots(2)
            .budget("60000samples".parse().unwrap());
        let build = || strategy("bonas").unwrap().build(simulation.setup()).unwrap();
        let mut through = build();
        let expected: Simulated = simulation.run(through.as_mut()).unwrap();
        for every in [1, 3, 7] {
            let mut killed =
                Killed { setup: simulation.setup(), inner: build(), saved: None, since: Vec::new(), every };
            assert_eq!(simulation.run(&mut killed).unwrap(), expected, "{evaluation}, killed every {every} calls");
            assert_eq!(killed.save().unwrap(), through.save().unwrap());
        }
    }
}
