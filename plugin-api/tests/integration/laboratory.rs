//! The laboratory: what is counted of a search, and the table that a person reads.

use genomenas_plugin::prelude::*;
use genomenas_plugin::serde_json::json;
use genomenas_plugin::simulate::kit;
use genomenas_plugin::simulate::laboratory::{BUDGET, Laboratory, LaboratoryRun, LaboratoryRuns, WHOLE};

/// Trains the architecture at a position of the draws, whole, and answers with that at another.
#[derive(Parameters)]
struct Told {
    /// The position of what is trained.
    #[parameter(default = 0)]
    trains: usize,
    /// The position of the answer.
    #[parameter(default = 0)]
    answers: usize,
}

struct Pair {
    draws: Vec<Selection>,
    told: Told,
}

impl Strategy for Pair {
    type State = bool;

    fn propose(&self, trained: &mut bool, _: &Ask) -> Result<Proposal> {
        if std::mem::replace(trained, true) {
            let network = self.draws[self.told.answers].clone().into();
            return Ok(Proposal::finish(Candidate { network, trial: None }));
        }
        let trial = Trial::train(self.draws[self.told.trains].clone(), Plan { epochs: 27, ..Plan::default() });
        Ok(Proposal::trial(trial.with_limit(WHOLE)))
    }

    fn update(&self, _: &mut bool, _: &Report) -> Result<()> {
        Ok(())
    }
}

register! {
    Pair,
    id = "trains-one-answers-another",
    kind = search,
    about = "Trains one architecture and answers with another.",
    parameters = Told,
    // The same draws whatever the seed.
    build = |setup, told| Ok(Pair { draws: setup.space.sample_distinct(240, 1), told }),
}

#[test]
fn counted_are_the_samples_until_the_incumbent_is_one_of_the_best_and_how_good_the_answer_is() {
    use genomenas_plugin::simulate::Curves as _;

    let laboratory = kit::laboratory();
    let draws = laboratory.simulation(1).setup().space.sample_distinct(240, 1);
    let quality = |at: usize| laboratory.table().quality(&draws[at]).unwrap();
    let by_quality = |a: &usize, b: &usize| quality(*a).total_cmp(&quality(*b));
    let (best, worst) = ((0..240).max_by(by_quality).unwrap(), (0..240).min_by(by_quality).unwrap());
    let standing = |trains: usize, answers: usize| {
        let ranking = laboratory.rank("trains-one-answers-another", json!({"trains": trains, "answers": answers}));
        ranking.of("trains-one-answers-another").unwrap().clone()
    };
    // The first epoch of the best tells of it: an incumbent needs no whole training.
    let of_best = standing(best, worst);
    assert_eq!((of_best.samples, of_best.never), ([Some(800); 3], 0));
    assert!(of_best.percentile[1] < 0.01, "{:?}", of_best.percentile);
    assert!((of_best.regret[1] - (quality(best) - quality(worst))).abs() < 1e-12);
    let of_worst = standing(worst, best);
    assert_eq!((of_worst.samples, of_worst.never), ([None; 3], 20));
    assert_eq!((of_worst.percentile, of_worst.regret), ([1.0; 3], [0.0; 3]));
}

#[test]
fn a_person_reads_quartiles_the_one_that_needs_least_first() {
    let run = |(seed, (samples, answer))| LaboratoryRun { seed, samples, answer };
    let of = |search: &str, runs: [(Option<u64>, f64); 5]| LaboratoryRuns {
        search: search.to_owned(),
        runs: (1..).zip(runs).map(run).collect(),
    };
    let slow =
        of("slow-but-sure", [(Some(90_400), 0.9), (Some(80_000), 0.9), (Some(70_400), 0.9), (None, 0.8), (None, 0.7)]);
    let fast =
        of("fast", [(Some(800), 0.5), (Some(1600), 0.6), (Some(2400), 0.7), (Some(3200), 0.8), (Some(4000), 0.9)]);
    let ranking = Laboratory::new().unwrap().ranking(&[slow, fast]);
    insta::assert_snapshot!(ranking);
}

#[test]
fn the_searches_of_genomenas_stand_beside_it_with_the_same_seeds() {
    let laboratory = kit::laboratory();
    let known: Vec<&str> = laboratory.known().iter().map(|known| known.search.as_str()).collect();
    for search in ["random-search", "asha", "bonas"] {
        assert!(known.contains(&search), "{known:?}");
    }
    for one in laboratory.known() {
        assert_eq!(one.runs.iter().map(|run| run.seed).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
        assert!(one.runs.iter().all(|run| run.samples.is_none_or(|samples| samples <= BUDGET.amount + WHOLE)));
    }
    let ranking = laboratory.rank("trains-one-answers-another", json!({}));
    assert_eq!(ranking.standings().len(), known.len() + 1);
}
