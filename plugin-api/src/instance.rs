//! A strategy at work: the form in which a host holds it.

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
        Box::new(AtWork { state: strategy.start(), strategy })
    }
}

/// A [`Strategy`] with its state.
struct AtWork<S: Strategy> {
    strategy: S,
    state: S::State,
}

impl<S: Strategy> Instance for AtWork<S> {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        self.strategy.propose(&mut self.state, ask)
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        self.strategy.update(&mut self.state, report)
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        self.strategy.discard(&mut self.state, report)
    }

    fn save(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(&self.state).map_err(Error::new)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<()> {
        self.state = serde_json::from_slice(bytes)
            .map_err(|error| Error::invalid(format!("the saved state cannot be read: {error}")))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};

    use crate::message::{Alphas, Cost, Discards, TrialId};

    /// Counts reports, and drops the trial of each.
    struct Counting;

    #[derive(Serialize, Deserialize)]
    struct Counts {
        reports: u32,
        #[serde(default, skip_serializing_if = "Discards::is_empty")]
        discards: Discards,
    }

    impl Default for Counts {
        fn default() -> Self {
            Self { reports: 7, discards: Discards::default() }
        }
    }

    impl Strategy for Counting {
        type State = Counts;

        fn propose(&self, _: &mut Counts, _: &Ask) -> Result<Proposal> {
            Ok(Proposal::Wait)
        }

        fn update(&self, counts: &mut Counts, report: &Report) -> Result<()> {
            counts.reports += 1;
            counts.discards.push(Discard::trial(report.trial));
            Ok(())
        }

        fn discard(&self, counts: &mut Counts, _: &Report) -> Result<Vec<Discard>> {
            Ok(counts.discards.hand_over())
        }
    }

    fn counting() -> Box<dyn Instance> {
        Counting.into()
    }

    fn report(trial: u64) -> Report {
        let (trial, cost) = (TrialId(trial), Cost::default());
        Report {
            trial,
            cost,
            remaining: 1,
            epoch: None,
            score: None,
            alphas: Alphas::default(),
            drawn_anew: None,
            end: None,
        }
    }

    fn saved(instance: &dyn Instance) -> String {
        String::from_utf8(instance.save().unwrap()).unwrap()
    }

    #[test]
    fn a_run_begins_with_the_default_state() {
        assert_eq!(saved(counting().as_ref()), r#"{"reports":7}"#);
    }

    #[test]
    fn discards_that_wait_are_saved_with_the_state_and_handed_over_once() {
        let mut first = counting();
        first.update(&report(3)).unwrap();
        assert_eq!(saved(first.as_ref()), r#"{"reports":8,"discards":[{"type":"trial","trial":3}]}"#);
        let mut second = counting();
        second.load(&first.save().unwrap()).unwrap();
        assert_eq!(second.discard(&report(3)).unwrap(), [Discard::trial(TrialId(3))]);
        assert_eq!(second.discard(&report(3)).unwrap(), []);
        assert_eq!(saved(second.as_ref()), r#"{"reports":8}"#);
    }

    #[test]
    fn what_is_not_a_state_is_refused_and_changes_nothing() {
        let mut instance = counting();
        for bytes in ["", "many", "-1", "{}", r#"{"reports":8} 9"#, r#"{"reports":8,"discards":[7]}"#] {
            let refusal = instance.load(bytes.as_bytes()).unwrap_err();
            assert!(refusal.message.starts_with("the saved state cannot be read: "), "{bytes}: {refusal}");
        }
        assert_eq!(saved(instance.as_ref()), r#"{"reports":7}"#);
    }
}
