//! Whatever a strategy proposes and drops, the simulated host answers or refuses; it never panics.

use std::collections::BTreeSet;

use super::scripted::{self, Scripted, draw, ends, selection, simulation, space, trials};
use genomenas_plugin::message::{
    Arch, ArchData, Discard, EarlyStopping, Initialisation, Mixing, Network, Optimizer, Order, Plan, Proposal, Trial,
    TrialId, Unit, Work,
};
use genomenas_plugin::space::Mask;
use proptest::prelude::*;
use proptest::sample::select;

/// Mostly ids of trials that there are: every run begins with four.
fn id() -> impl Strategy<Value = TrialId> {
    prop_oneof![30 => 0_u64..4, 1 => 4_u64..9].prop_map(TrialId)
}

/// The supernets of two mixings, and two architectures.
fn first() -> Proposal {
    let plan = || scripted::steps(2, 2);
    trials(vec![
        scripted::supernet(Mixing::Sum, plan()),
        scripted::supernet(Mixing::Softmax, plan()),
        scripted::train(1, plan()),
        scripted::train(2, plan()),
    ])
}

/// Almost never 0, which is refused.
fn count(most: u32) -> impl Strategy<Value = u32> {
    prop_oneof![40 => 1..most, 1 => Just(0)]
}

fn mask() -> impl Strategy<Value = Mask> {
    let without = |at: usize, option: usize| {
        let mut mask = space().mask();
        let decision = &space().decisions[at % space().decisions.len()];
        let option = &decision.options[option % decision.options.len()];
        mask.0.get_mut(&decision.id).unwrap().remove(option);
        mask
    };
    prop_oneof![
        6 => (0_u64..4).prop_map(|at| Mask::from(&selection(at))),
        1 => (any::<usize>(), any::<usize>()).prop_map(move |(at, option)| without(at, option)),
        3 => Just(space().mask()),
        1 => Just(Mask::default()),
    ]
}

fn mixing() -> impl Strategy<Value = Mixing> {
    prop_oneof![
        6 => Just(Mixing::Softmax),
        6 => Just(Mixing::Sum),
        6 => Just(Mixing::Uniform { options: 1 }),
        1 => Just(Mixing::Gumbel { start: 5.0, end: 0.0 }),
        3 => (0_u64..4).prop_map(|at| Mixing::Sample { selections: vec![selection(at)] }),
    ]
}

fn network() -> impl Strategy<Value = Network> {
    prop_oneof![
        (0_u64..4).prop_map(draw),
        (proptest::option::weighted(0.2, mask()), mixing())
            .prop_map(|(mask, mixing)| Network::Supernet { mask, mixing }),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let arch = (0_u32..3, 0.0..1.0_f64).prop_map(|(warm_up, part)| Arch {
        optimizer: Optimizer::default(),
        clip: None,
        warm_up,
        order: Order::Second { weight_decay: 0.0 },
        data: ArchData::Train { part },
    });
    let stopping = Just(EarlyStopping { patience: 1, minimum_improvement: 0.1 });
    let options = (proptest::option::weighted(0.05, arch), proptest::option::of(stopping), count(400));
    (count(4), (1_u32..9), options).prop_map(|(epochs, steps, (arch, early_stopping, batch))| Plan {
        epochs,
        steps_per_epoch: Some(steps),
        batch,
        arch,
        early_stopping,
        ..Plan::default()
    })
}

fn init() -> impl Strategy<Value = Initialisation> {
    prop_oneof![
        3 => Just(Initialisation::Fresh),
        1 => id().prop_map(|trial| Initialisation::Inherit { trial }),
        1 => id().prop_map(|trial| Initialisation::Continue { trial }),
    ]
}

fn work() -> impl Strategy<Value = Work> {
    let train = (network(), plan(), init()).prop_map(|(network, plan, init)| Work::Train { network, plan, init });
    let batches = (0_u32..300, count(150), proptest::option::of(count(9)));
    let supernet = prop_oneof![12 => (0_u64..2).prop_map(TrialId), 1 => id()];
    let score =
        (supernet, proptest::collection::vec(mask(), 1..4), batches).prop_map(|(weights_of, masks, batches)| {
            let (recalibrate_batch_norm, batch, validation_batches) = batches;
            Work::Score { weights_of, masks, recalibrate_batch_norm, batch, validation_batches }
        });
    prop_oneof![2 => train, 1 => score]
}

fn trial() -> impl Strategy<Value = Trial> {
    let unit = select(vec![Unit::Samples, Unit::Seconds, Unit::MultiplyAdds]);
    let limit = proptest::option::weighted(0.3, 1_u64..5_000);
    (work(), limit, proptest::option::of(unit)).prop_map(|(work, limit, limit_unit)| {
        let limit_unit = limit_unit.filter(|_| limit.is_some());
        Trial { work, limit, limit_unit }
    })
}

fn proposal() -> impl Strategy<Value = Proposal> {
    prop_oneof![
        1 => Just(Proposal::Wait),
        9 => proptest::collection::vec(trial(), 1..4).prop_map(trials),
    ]
}

fn discard() -> impl Strategy<Value = Discard> {
    let decision = || select(space().decisions.iter().map(|decision| decision.id.clone()).collect::<Vec<_>>());
    let option = select(space().decisions.iter().flat_map(|decision| decision.options.clone()).collect::<Vec<_>>());
    prop_oneof![
        8 => id().prop_map(|trial| Discard::Trial { trial }),
        1 => (decision(), option).prop_map(|(decision, option)| Discard::Option { decision, option }),
        1 => decision().prop_map(|decision| Discard::Edge { decision }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_run_of_any_proposals_ends_or_is_refused_and_no_trial_ends_twice(
        proposals in proptest::collection::vec(proposal(), 1..4),
        discards in proptest::collection::btree_map(0_usize..20, proptest::collection::vec(discard(), 1..3), 0..2),
        slots in 1_u32..4,
        budget in 1_u64..9_000,
        unit in select(vec!["samples", "multiply-adds"]),
    ) {
        let budget = if unit == "samples" { budget } else { budget * 10_000_000 };
        let simulation = simulation().slots(slots).budget(format!("{budget}{unit}").parse().unwrap());
        let mut scripted = Scripted { discards, thrifty: true, ..Scripted::new(std::iter::once(first()).chain(proposals).collect()) };
        match simulation.run(&mut scripted) {
            Err(refused) => prop_assert!(!refused.message.is_empty()),
            Ok(simulated) => {
                let ended: Vec<u64> = ends(&simulated).into_iter().map(|(trial, _)| trial).collect();
                prop_assert_eq!(ended.iter().collect::<BTreeSet<_>>().len(), ended.len());
                // An architecture step of second order reads five batches of at most 399 samples.
                prop_assert!(unit != "samples" || simulated.used.samples < budget + 5 * 400);
                for pair in simulated.reports.windows(2) {
                    prop_assert!(pair[0].remaining >= pair[1].remaining);
                }
            }
        }
    }
}
