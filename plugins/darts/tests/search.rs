//! What DARTS promises, against the simulated host.

use darts::Settings;
use genomenas_plugin::message::{
    Algorithm, Arch, ArchData, Clip, Initialisation, Mixing, Network, Optimizer, Order, Plan, Schedule, Work,
};
use genomenas_plugin::simulate::kit::supernets::{genotype, sine_alphas, stages};
use genomenas_plugin::simulate::kit::{
    found, genomenas, mean_quality, no_decisions, refusal, run, small_genomenas, two_cells,
};
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::{Parameters as _, manifest, strategy};

fn plan(simulation: &Simulation) -> Plan {
    stages(&run("darts", simulation)).remove(0).plan
}

#[test]
fn it_keeps_the_promises_of_a_search() {
    conformance::check_search(&small_genomenas(), |setup| strategy("darts")?.build(setup)).unwrap();
}

#[test]
fn it_runs_on_a_space_of_a_users_own() {
    conformance::check_search(&two_cells(), |setup| strategy("darts")?.build(setup)).unwrap();
    let simulated = run("darts", &two_cells().alphas(|of| [0.1, 0.3, 0.2, 0.0][of.option] * (of.decision + 1) as f64));
    let selection: Vec<_> = found(&simulated)[0].0.iter().map(|(id, option)| format!("{id} {option}")).collect();
    assert_eq!(selection, ["first middle", "second.1 skip_connect"]);
}

#[test]
fn a_space_without_decisions_is_refused() {
    let why = "space 'nothing to decide' has no decisions, so there is nothing to search: train it as it is, or give a space with decisions";
    assert_eq!(refusal("darts", &no_decisions()), why);
}

/// The genotype that the reference implementation derives from these alphas; of each node it names the stronger edge
/// first, which a selection does not tell.
#[test]
fn it_derives_the_golden_genotype() {
    let simulated = run("darts", &genomenas().alphas(sine_alphas));
    assert_eq!(
        genotype(found(&simulated)[0]),
        "max_pool_5/0 sep_conv_9/1 | max_pool_5/0 dil_conv_15/1 | dil_conv_15/0 avg_pool_5/1 | skip_connect/1 skip_connect/3\n\
         max_pool_5/0 sep_conv_9/1 | sep_conv_9/1 max_pool_5/2 | dil_conv_15/2 avg_pool_5/3 | avg_pool_5/1 dil_conv_9/4\n\
         tanh/0 | relu/0 | relu/2 | relu/1 | relu/1 | relu/5 | relu/5 | relu/0"
    );
}

#[test]
fn it_trains_one_supernet_of_everything_for_the_whole_budget_and_drops_nothing() {
    let simulation = genomenas().budget("12345samples".parse().unwrap());
    let simulated = run("darts", &simulation);
    let [trial] = simulated.trials.as_slice() else { panic!("{} trials", simulated.trials.len()) };
    assert_eq!(trial.limit, Some(12_345));
    let Work::Train { network, init, .. } = &trial.work else { panic!("expected a training") };
    assert_eq!((network, init), (&Network::Supernet { mask: None, mixing: Mixing::Softmax }, &Initialisation::Fresh));
    assert_eq!((simulated.discards, simulated.remaining), (vec![], simulation.setup().space.mask()));
}

#[test]
fn its_defaults_are_those_of_the_reference() {
    let cosine = Schedule::Cosine { minimum: 1e-3, every_step: false };
    let sgd = |learning_rate, weight_decay, momentum| Optimizer {
        algorithm: Algorithm::Sgd { momentum },
        learning_rate,
        weight_decay,
        schedule: cosine,
    };
    let adam = Optimizer {
        algorithm: Algorithm::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
        learning_rate: 3e-3,
        weight_decay: 1e-3,
        schedule: Schedule::Constant,
    };
    let expected = Plan {
        epochs: 25,
        steps_per_epoch: Some(2000),
        batch: 100,
        cnn: sgd(0.025, 3e-4, 0.9),
        rnn: Some(sgd(2.0, 5e-7, 0.0)),
        arch: Some(Arch {
            optimizer: adam,
            clip: None,
            warm_up: 5,
            order: Order::First,
            data: ArchData::Train { part: 0.5 },
        }),
        clip: Clip::All { norm: 0.25 },
        slowness: 1e-3,
        input_dropout: Some(0.75),
        hidden_dropout: Some(0.25),
        validation_batches: Some(2000),
        ..Plan::default()
    };
    assert_eq!(plan(&small_genomenas()), expected);
}

#[test]
fn the_second_order_the_validation_split_and_clipping_by_part_are_parameters() {
    let simulation =
        small_genomenas().parameter("order", 2).parameter("arch_data", "valid").parameter("one_clip", false);
    let plan = plan(&simulation.parameter("arch_clip", 3.0));
    let arch = plan.arch.unwrap();
    assert_eq!((arch.order, arch.data), (Order::Second { weight_decay: 5e-7 }, ArchData::Valid));
    assert_eq!((plan.clip, arch.clip), (Clip::Parts { cnn: 5.0, rnn: 0.25 }, Some(3.0)));
}

#[test]
fn a_search_that_would_learn_nothing_of_the_options_is_refused() {
    assert_eq!(
        refusal("darts", &small_genomenas().parameter("epochs", vec![5])),
        "weights alone train for 5 of 5 epochs, so nothing would be learned about the options: set `warm_up` below `epochs`"
    );
    assert_eq!(
        refusal("darts", &small_genomenas().parameter("epochs", vec![25, 15])),
        "parameter `epochs` has 2 values: expected 1"
    );
}

#[test]
fn a_supernet_that_fails_ends_the_search_with_the_hosts_reason() {
    assert_eq!(
        refusal("darts", &small_genomenas().failing(|_| true)),
        "the supernet of stage 1 of 1 failed: the simulation lets this trial fail"
    );
}

#[test]
fn what_it_finds_is_better_than_most() {
    let mean = mean_quality(
        "darts",
        &small_genomenas().parameter("batch", 20).budget("400000samples".parse().unwrap()),
        1..=5,
    );
    assert!(mean > 0.9, "{mean}");
}

#[test]
fn the_manifest_names_its_needs_and_every_parameter() {
    let manifest = manifest().unwrap();
    assert_eq!(
        (manifest.id.as_str(), manifest.strategies[0].needs.as_slice()),
        ("darts", &["supernet".to_owned()][..])
    );
    let schema: genomenas_plugin::serde_json::Value = genomenas_plugin::serde_json::from_str(Settings::SCHEMA).unwrap();
    let named: Vec<_> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        named,
        [
            "arch_beta1",
            "arch_clip",
            "arch_data",
            "arch_learning_rate",
            "arch_weight_decay",
            "batch",
            "clip",
            "cnn_clip",
            "cnn_learning_rate",
            "cnn_weight_decay",
            "epochs",
            "hidden_dropout",
            "input_dropout",
            "learning_rate_min",
            "momentum",
            "one_clip",
            "order",
            "rnn_clip",
            "rnn_learning_rate",
            "rnn_weight_decay",
            "slowness",
            "steps_per_epoch",
            "unrolled_weight_decay",
            "warm_up",
        ]
    );
}
