//! What a run tells the one who watches it.

use genomenas_plugin::engine::{self, Phase, Resolved};
use genomenas_plugin::message::{Candidate, Discard, Epoch, MaskScore, Outcome, Proposal, Report};
use genomenas_plugin::space::Form;

/// News of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Something began: a search, a trial, the final training, the test.
    Phase(String),
    /// An epoch ended.
    Epoch {
        /// The trial; `None` in the final training.
        trial: Option<u64>,
        /// What was measured.
        epoch: Epoch,
    },
    /// A mask was scored.
    Score {
        /// The trial.
        trial: u64,
        /// What was measured.
        score: MaskScore,
    },
    /// A trial ended, or something else worth a line.
    Message(String),
    /// Training moves on; at most twice a second.
    Progress {
        /// Finished part of the run.
        done: f64,
        /// Training samples a second.
        rate: f64,
    },
}

/// Watches a run.
pub trait Observer {
    /// Hears of one event.
    fn event(&mut self, event: &Event);
}

/// The part of a run that its search is, when a final training follows.
pub(crate) const SEARCH_SHARE: f64 = 0.5;

/// The span of a phase within the run.
pub fn span(phase: Phase, has_search: bool, has_final: bool) -> (f64, f64) {
    match (phase, has_search, has_final) {
        (Phase::Search, _, true) => (0.0, SEARCH_SHARE),
        (Phase::Search, ..) | (Phase::Final, false, _) => (0.0, 1.0),
        (Phase::Final, true, _) => (SEARCH_SHARE, 1.0 - SEARCH_SHARE),
    }
}

/// Passes on what happens in the search of a strategy.
pub fn relay(observer: &mut dyn Observer, strategy: &str, event: &engine::Event<'_>) {
    if let engine::Event::Reported(Report { trial, drawn_anew: Some(drawn_anew), .. }) = event {
        observer.event(&Event::Message(format!("trial {trial} begins with the weights of another: {drawn_anew}")));
    }
    let news = match event {
        engine::Event::Begins(id, network) => Some(Event::Phase(format!("trial {id} ({})", describe_size(network)))),
        engine::Event::Reported(report) => of_report(report),
        engine::Event::Dropped(discards) => {
            let edges = discards.iter().filter(|discard| matches!(discard, Discard::Edge { .. })).count();
            Some(Event::Message(format!("{strategy} drops {} options and {edges} edges", discards.len() - edges)))
        }
        engine::Event::Answered(_, Proposal::Finish { finding }) => {
            Some(Event::Message(format!("{strategy} finished: {}", describe(&finding.best))))
        }
        engine::Event::Answered(..) => None,
    };
    if let Some(news) = news {
        observer.event(&news);
    }
}

fn of_report(report: &Report) -> Option<Event> {
    let id = report.trial;
    if let Some(epoch) = &report.epoch {
        return Some(Event::Epoch { trial: Some(id.0), epoch: epoch.clone() });
    }
    if let Some(score) = report.score {
        return Some(Event::Score { trial: id.0, score });
    }
    match &report.end.as_ref()?.outcome {
        Outcome::Failed { reason } => Some(Event::Message(format!("trial {id} failed: {reason}"))),
        Outcome::Discarded => Some(Event::Message(format!("trial {id} was discarded"))),
        _ => None,
    }
}

/// A network's size, for a person.
fn describe_size(network: &Resolved) -> String {
    let weights = network.layers.parameters();
    match network.layers.form {
        Form::Search => format!("a supernet of {} options, {weights} weights", network.layers.alphas()),
        _ => format!("{weights} weights"),
    }
}

fn describe(candidate: &Candidate) -> String {
    candidate
        .trial
        .map_or_else(|| "an architecture of no trial".to_owned(), |trial| format!("the architecture of trial {trial}"))
}
