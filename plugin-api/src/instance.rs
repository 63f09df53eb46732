//! A strategy at work: the form in which a host holds it.

use serde::Deserialize as _;

use crate::message::{Ask, Discard, Proposal, Report};
use crate::{Error, Result, Strategy};

/// One instance of a strategy with its state: the five hooks, as the host calls them.
///
/// Every [`Strategy`] is made into one by `Box::<dyn Instance>::from(strategy)`. Implement it directly only where
/// [`Strategy`] is too narrow: for a form of saved bytes other than JSON, say.
pub trait Instance: Send {
    /// Returns what to do next; see [`Strategy::propose`].
    fn propose(&mut self, ask: &Ask) -> Result<Proposal>;

    /// Learns from a report; see [`Strategy::update`].
    fn update(&mut self, report: &Report) -> Result<()>;

    /// Returns what to drop now. Called once after every [`update`](Self::update), with the same report.
    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>>;

    /// Returns the state, from which [`load`](Self::load) makes an equal instance.
    fn save(&self) -> Result<Vec<u8>>;

    /// Takes over a state that [`save`](Self::save) returned, in an instance built from the same setup.
    fn load(&mut self, state: &[u8]) -> Result<()>;
}

impl<S: Strategy + 'static> From<S> for Box<dyn Instance> {
    fn from(strategy: S) -> Self {
        Box::new(AtWork { state: strategy.start(), strategy, discards: Vec::new() })
    }
}

/// A [`Strategy`] with its state.
struct AtWork<S: Strategy> {
    strategy: S,
    state: S::State,
    /// What the last updates returned and the host has not asked for yet.
    discards: Vec<Discard>,
}

impl<S: Strategy> Instance for AtWork<S> {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        self.strategy.propose(&mut self.state, ask)
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        let discards = self.strategy.update(&mut self.state, report)?;
        self.discards.extend(discards);
        Ok(())
    }

    fn discard(&mut self, _report: &Report) -> Result<Vec<Discard>> {
        Ok(std::mem::take(&mut self.discards))
    }

    /// The state as JSON; where discards still wait to be asked for, they follow as a second JSON text.
    fn save(&self) -> Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec(&self.state).map_err(Error::new)?;
        if !self.discards.is_empty() {
            bytes.push(b'\n');
            serde_json::to_writer(&mut bytes, &self.discards).map_err(Error::new)?;
        }
        Ok(bytes)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<()> {
        let mut texts = serde_json::Deserializer::from_slice(bytes);
        let mut read = || {
            let state = S::State::deserialize(&mut texts)?;
            let discards = match texts.end() {
                Ok(()) => Vec::new(),
                Err(_) => Vec::deserialize(&mut texts)?,
            };
            texts.end().map(|()| (state, discards))
        };
        let read = read().map_err(|error| Error::invalid(format!("the saved state cannot be read: {error}")));
        (self.state, self.discards) = read?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Cost, TrialId};

    /// Counts reports, and drops the trial of each.
    struct Counting;

    impl Strategy for Counting {
        type State = u32;

        fn start(&self) -> u32 {
            7
        }

        fn propose(&self, _: &mut u32, _: &Ask) -> Result<Proposal> {
            Ok(Proposal::Wait)
        }

        fn update(&self, count: &mut u32, report: &Report) -> Result<Vec<Discard>> {
            *count += 1;
            Ok(vec![Discard::Trial { trial: report.trial }])
        }
    }

    fn counting() -> Box<dyn Instance> {
        Counting.into()
    }

    fn report(trial: u64) -> Report {
        let (trial, cost) = (TrialId(trial), Cost::default());
        Report { trial, cost, remaining: 1, epoch: None, score: None, alphas: Default::default(), end: None }
    }

    fn saved(instance: &dyn Instance) -> String {
        String::from_utf8(instance.save().unwrap()).unwrap()
    }

    #[test]
    fn a_run_begins_with_the_state_that_the_strategy_starts_from() {
        assert_eq!(saved(counting().as_ref()), "7");
    }

    #[test]
    fn what_an_update_returns_is_handed_over_once_when_the_host_asks() {
        let mut instance = counting();
        instance.update(&report(3)).unwrap();
        assert_eq!(instance.discard(&report(3)).unwrap(), [Discard::Trial { trial: TrialId(3) }]);
        assert_eq!(instance.discard(&report(3)).unwrap(), []);
        assert_eq!(saved(instance.as_ref()), "8");
    }

    #[test]
    fn discards_that_wait_are_saved_with_the_state() {
        let mut first = counting();
        first.update(&report(3)).unwrap();
        assert_eq!(saved(first.as_ref()), "8\n[{\"type\":\"trial\",\"trial\":3}]");
        let mut second = counting();
        second.load(&first.save().unwrap()).unwrap();
        assert_eq!(second.discard(&report(3)).unwrap(), [Discard::Trial { trial: TrialId(3) }]);
        assert_eq!(saved(second.as_ref()), "8");
    }

    #[test]
    fn what_is_not_a_state_is_refused_and_changes_nothing() {
        let mut instance = counting();
        for bytes in ["", "many", "-1", "8 9", "8 [] 9", "8 [7]", "8 []]"] {
            let refusal = instance.load(bytes.as_bytes()).unwrap_err();
            assert!(refusal.message.starts_with("the saved state cannot be read: "), "{bytes}: {refusal}");
        }
        assert_eq!(saved(instance.as_ref()), "7");
    }
}
