//! What strategies of the DARTS family share: reading probabilities, deriving, dropping, limiting skips, stages.

use std::collections::BTreeMap;

use genomenas_plugin::differentiable::{LearnedAlphas, SkipLimit, StageSettings, StagedSearch};
use genomenas_plugin::message::{
    Alphas, Ask, Budget, Candidate, Cost, DataInfo, Discard, End, Network, OptionWeight, Outcome, PROTOCOL, Plan,
    Proposal, Report, Setup, Stopped, Task, TrialId, Unit,
};
use genomenas_plugin::space::{Decision, GenomeNas, Selection, Space};
use genomenas_plugin::{Instance, seed};
use proptest::prelude::*;

/// Two edges into a node that keeps one, and a decision of its own.
const SMALL: &str = r#"
version = 1
name = "small"
input = [4, 50]
output = "out"
decisions = [
    { id = "free", options = ["b", "a"] },
    { id = "left", options = ["none", "skip", "wide"], search_only = ["none"] },
    { id = "right", options = ["skip"] },
]
rules = [{ of = ["left", "right"], keep = 1 }]
nodes = [
    { name = "first", inputs = ["input"], op = { type = "choice", decision = "free", options = { a = { type = "identity" }, b = { type = "conv1d", kernel = 3, padding = 1 } } } },
    { name = "l", inputs = ["first"], op = { type = "choice", decision = "left", options = { none = { type = "zero" }, skip = { type = "identity" }, wide = { type = "conv1d", kernel = 9, padding = 4 } } } },
    { name = "r", inputs = ["input"], op = { type = "choice", decision = "right", options = { skip = { type = "identity" } } } },
    { name = "node", inputs = ["l", "r"], op = { type = "add" } },
    { name = "pool", inputs = ["node"], op = { type = "global_max_pool" } },
    { name = "out", inputs = ["pool"], op = { type = "linear", out_features = 2 } },
]
"#;

fn small() -> Space {
    Space::from_text(SMALL).unwrap()
}

/// Alphas of which only the probabilities count.
fn alphas(probabilities: &[(&str, &[(&str, f64)])]) -> Alphas {
    let weights = |options: &[(&str, f64)]| {
        let weight = |&(name, probability): &(&str, f64)| (name.to_owned(), OptionWeight { alpha: 0.0, probability });
        options.iter().map(weight).collect::<BTreeMap<_, _>>()
    };
    Alphas(probabilities.iter().map(|(id, options)| ((*id).to_owned(), weights(options))).collect())
}

/// The probabilities of all options of `small`, in the order of its columns.
fn small_alphas(free: [f64; 2], left: [f64; 3], right: f64) -> Alphas {
    alphas(&[
        ("free", &[("b", free[0]), ("a", free[1])]),
        ("left", &[("none", left[0]), ("skip", left[1]), ("wide", left[2])]),
        ("right", &[("skip", right)]),
    ])
}

fn chosen(selection: &Selection) -> Vec<String> {
    selection.0.iter().map(|(id, option)| format!("{id} {option}")).collect()
}

fn words(discards: &[Discard]) -> Vec<String> {
    let word = |discard: &Discard| match discard {
        Discard::Option { decision, option } => format!("{decision} {option}"),
        Discard::Edge { decision } => decision.clone(),
        other => panic!("{other:?}"),
    };
    discards.iter().map(word).collect()
}

fn limit(most: usize) -> SkipLimit {
    SkipLimit { most, option: "skip".to_owned(), decisions: String::new() }
}

fn setup(space: Space) -> Setup {
    let [_, length] = space.graph.input;
    Setup {
        protocol: PROTOCOL.to_owned(),
        seed: 5,
        parameters: serde_json::Map::new(),
        space,
        data: DataInfo {
            length,
            labels: 2,
            task: Task::MultiLabel,
            train_rows: 1000,
            valid_rows: 100,
            reversible: true,
        },
        budget: Budget { amount: 100, unit: Unit::Samples },
        threads: 1,
    }
}

fn ask(remaining: u64) -> Ask {
    let budget = Budget { amount: 100, unit: Unit::Samples };
    Ask { budget, remaining, used: Cost::default(), next_trial: TrialId(7), in_flight: vec![], slots: 1 }
}

fn end(alphas: Alphas, remaining: u64) -> Report {
    let outcome = Outcome::Completed { stopped: Stopped::Limit };
    let end = End { outcome, best: None, parameters: 0, multiply_adds: 0, peak_memory: 0 };
    let (trial, cost) = (TrialId(7), Cost::default());
    Report { trial, cost, remaining, epoch: None, score: None, alphas, drawn_anew: None, end: Some(end) }
}

fn finding(proposal: Proposal) -> Candidate {
    let Proposal::Finish { finding } = proposal else { panic!("expected a finding, not {proposal:?}") };
    finding.best
}

fn staged(stages: usize, keep: &[f64]) -> StageSettings {
    StageSettings {
        stages,
        epochs: vec![25],
        warm_up: vec![10],
        dropout_rate: vec![0.1],
        keep: keep.to_vec(),
        arch_clip: 0.25,
        max_skip: 2,
        skip_option: "skip".to_owned(),
        skip_decisions: String::new(),
        ..StageSettings::default()
    }
}

#[test]
fn probabilities_are_read_in_the_order_of_the_decisions_options() {
    let (space, alphas) = (small(), small_alphas([0.6, 0.4], [0.5, 0.2, 0.3], 1.0));
    let learned = LearnedAlphas::new(&space, &alphas).unwrap();
    assert_eq!(learned.edge("free").unwrap().options, [("b", 0.6), ("a", 0.4)]);
    assert_eq!(
        learned.edges().iter().map(|edge| edge.decision.id.as_str()).collect::<Vec<_>>(),
        ["free", "left", "right"]
    );
}

#[test]
fn what_the_alphas_do_not_name_is_gone() {
    let space = small();
    let left = alphas(&[("free", &[("a", 1.0)]), ("left", &[("none", 0.6), ("wide", 0.4)])]);
    let learned = LearnedAlphas::new(&space, &left).unwrap();
    assert!(learned.edge("right").is_none());
    assert_eq!(chosen(&learned.selection()), ["free a", "left wide"]);
}

#[test]
fn alphas_of_another_space_or_of_too_little_are_refused() {
    let space = small();
    let refusal = |alphas: &Alphas| LearnedAlphas::new(&space, alphas).unwrap_err().message;
    assert_eq!(
        refusal(&alphas(&[("centre", &[("a", 1.0)])])),
        "the alphas of the report: the mask names decision 'centre', which the space does not have"
    );
    let without_a_free_decision = alphas(&[("left", &[("wide", 1.0)])]);
    assert!(refusal(&without_a_free_decision).contains("an architecture keeps 1 of the decisions free"));
}

#[test]
fn a_rule_keeps_its_strongest_edge_by_what_an_architecture_may_have() {
    let space = small();
    let best =
        |left, right| chosen(&LearnedAlphas::new(&space, &small_alphas([0.4, 0.6], left, right)).unwrap().selection());
    // `none` is by far the most probable option, and counts for nothing.
    assert_eq!(best([0.9, 0.04, 0.06], 0.05), ["free a", "left wide"]);
    assert_eq!(best([0.9, 0.06, 0.04], 0.07), ["free a", "right skip"]);
}

#[test]
fn the_first_of_equals_wins() {
    let space = small();
    let alphas = small_alphas([0.5, 0.5], [0.0, 0.5, 0.5], 0.5);
    assert_eq!(chosen(&LearnedAlphas::new(&space, &alphas).unwrap().selection()), ["free b", "left skip"]);
}

#[test]
fn the_least_probable_options_go_and_the_first_of_equals_among_them() {
    let space = small();
    let dropped = |left, keep| {
        let alphas = small_alphas([0.4, 0.6], left, 1.0);
        words(
            &LearnedAlphas::new(&space, &alphas)
                .unwrap()
                .drop_options(|decision| if decision.id == "left" { keep } else { 9 }),
        )
    };
    assert_eq!(dropped([0.2, 0.3, 0.5], 2), ["left none"]);
    assert_eq!(dropped([0.5, 0.3, 0.2], 2), ["left wide"]);
    assert_eq!(dropped([0.2, 0.4, 0.4], 1), ["left none", "left skip"]);
    assert_eq!(dropped([0.2, 0.4, 0.4], 3), [""; 0]);
}

#[test]
fn the_last_option_that_an_architecture_may_have_stays() {
    let space = small();
    let alphas = small_alphas([0.4, 0.6], [0.8, 0.05, 0.15], 1.0);
    let learned = LearnedAlphas::new(&space, &alphas).unwrap();
    assert_eq!(words(&learned.drop_options(|_| 1)), ["free b", "left skip", "left none"]);
    assert_eq!(words(&learned.drop_options(|_| 0)), ["free b", "left skip", "left none"]);
}

#[test]
fn the_weakest_edges_of_a_node_go_but_never_what_an_architecture_keeps() {
    let space = small();
    let dropped = |left, right, most| {
        let alphas = small_alphas([0.4, 0.6], left, right);
        words(&LearnedAlphas::new(&space, &alphas).unwrap().drop_edges(|_| most))
    };
    assert_eq!(dropped([0.9, 0.04, 0.06], 0.05, 1), ["right"]);
    assert_eq!(dropped([0.9, 0.06, 0.04], 0.07, 0), ["left"]);
    assert_eq!(dropped([0.0, 0.5, 0.5], 0.5, 1), ["left"], "the first of equals");
    assert_eq!(dropped([0.9, 0.04, 0.06], 0.05, 2), [""; 0]);
}

#[test]
fn of_nine_options_six_and_three_are_kept_of_five_three_and_two_and_of_few_two() {
    let kept = |count: usize, staged: &StageSettings| {
        let options = (0..count).map(|at| at.to_string()).collect();
        let edge = Decision { id: String::new(), options, search_only: vec![] };
        (0..staged.stages - 1).map(|stage| staged.kept(stage, &edge)).collect::<Vec<_>>()
    };
    let three = staged(3, &[]);
    assert_eq!([9, 5, 4, 3, 2].map(|count| kept(count, &three)), [[6, 3], [3, 2], [3, 2], [2, 2], [2, 2]]);
    assert_eq!(kept(9, &staged(4, &[])), [7, 5, 2]);
    assert_eq!(kept(9, &staged(3, &[0.5, 0.05])), [5, 1]);
    assert_eq!(kept(9, &staged(1, &[])), [0; 0]);
}

#[test]
fn too_many_skips_give_way_one_by_one_to_what_is_next_best() {
    let space = small();
    let alphas = small_alphas([0.4, 0.6], [0.1, 0.7, 0.2], 0.3);
    let found = limit(0).selections(&LearnedAlphas::new(&space, &alphas).unwrap());
    // First the skip of the left edge gives way to the right edge, whose only option is one too; then to `wide`.
    assert_eq!(found.iter().map(chosen).collect::<Vec<_>>(), [["free a", "left wide"], ["free a", "left skip"]]);
    let found = limit(1).selections(&LearnedAlphas::new(&space, &alphas).unwrap());
    assert_eq!(found.iter().map(chosen).collect::<Vec<_>>(), [["free a", "left skip"], ["free a", "left wide"]]);
}

#[test]
fn where_an_edge_has_nothing_but_a_skip_the_limit_is_kept_as_far_as_it_can_be() {
    let space = small();
    let only_skips =
        alphas(&[("free", &[("a", 1.0)]), ("left", &[("none", 0.5), ("skip", 0.5)]), ("right", &[("skip", 1.0)])]);
    let found = limit(0).selections(&LearnedAlphas::new(&space, &only_skips).unwrap());
    assert_eq!(found.iter().map(chosen).collect::<Vec<_>>(), [["free a", "right skip"]]);
}

#[test]
fn only_the_decisions_that_are_counted_lose_skips() {
    let space = small();
    let alphas = small_alphas([0.4, 0.6], [0.1, 0.7, 0.2], 0.3);
    let elsewhere = SkipLimit { decisions: "normal.".to_owned(), ..limit(0) };
    let found = elsewhere.selections(&LearnedAlphas::new(&space, &alphas).unwrap());
    assert_eq!(found.iter().map(chosen).collect::<Vec<_>>(), [["free a", "left skip"]]);
}

#[test]
fn a_budget_that_ends_before_anything_was_learned_leaves_an_architecture_drawn_from_the_seed() {
    let space = GenomeNas::new(100, 2).space().unwrap();
    let mut search: Box<dyn Instance> = StagedSearch::new(&setup(space.clone()), vec![Plan::default()]).unwrap().into();
    let drawn = space.sample(&mut seed::stream(5, "architecture", 0));
    let candidate = finding(search.propose(&ask(0)).unwrap());
    assert_eq!(candidate, Candidate { network: Network::Selection { selection: drawn }, trial: None });
}

#[test]
fn a_budget_that_ends_in_a_later_stage_leaves_what_the_latest_alphas_speak_for() {
    let mut search: Box<dyn Instance> = StagedSearch::new(&setup(small()), vec![Plan::default(); 2]).unwrap().into();
    search.propose(&ask(100)).unwrap();
    search.update(&end(small_alphas([0.4, 0.6], [0.1, 0.2, 0.7], 0.3), 50)).unwrap();
    search.propose(&Ask { next_trial: TrialId(8), ..ask(50) }).unwrap();
    let candidate = finding(search.propose(&ask(0)).unwrap());
    let Network::Selection { selection } = candidate.network else { panic!("expected a selection") };
    assert_eq!(
        (chosen(&selection), candidate.trial),
        (vec!["free a".to_owned(), "left wide".to_owned()], Some(TrialId(7)))
    );
}

#[test]
fn what_was_dropped_is_not_found_again_by_older_alphas() {
    let drop_right = |_: usize, _: &LearnedAlphas<'_>| vec![Discard::Edge { decision: "right".to_owned() }];
    let mut search: Box<dyn Instance> =
        StagedSearch::new(&setup(small()), vec![Plan::default(); 2]).unwrap().dropping(drop_right).into();
    search.propose(&ask(100)).unwrap();
    let report = end(small_alphas([0.4, 0.6], [0.8, 0.1, 0.1], 0.9), 50);
    search.update(&report).unwrap();
    assert_eq!(words(&search.discard(&report).unwrap()), ["right"]);
    assert_eq!(search.discard(&report).unwrap(), [], "told once");
    let Network::Selection { selection } = finding(search.propose(&ask(0)).unwrap()).network else { panic!() };
    assert_eq!(chosen(&selection), ["free a", "left skip"]);
}

#[test]
fn an_edge_stays_whose_loss_would_leave_a_node_of_nothing() {
    // One rule over the edges of two nodes, of which one has nothing else.
    let apart = r#"{ name = "node", inputs = ["r", "input"], op = { type = "add" } },
    { name = "other", inputs = ["l"], op = { type = "add" } },
    { name = "both", inputs = ["node", "other"], op = { type = "concat" } },
    { name = "pool", inputs = ["both"]"#;
    let (before, after) = SMALL.split_once(r#"{ name = "node""#).unwrap();
    let after = after.split_once(r#"{ name = "pool", inputs = ["node"]"#).unwrap().1;
    let space = Space::from_text(&format!("{before}{apart}{after}")).unwrap();
    let weakest = |_: usize, learned: &LearnedAlphas<'_>| learned.drop_edges(|_| 1);
    let mut search: Box<dyn Instance> =
        StagedSearch::new(&setup(space), vec![Plan::default(); 2]).unwrap().dropping(weakest).into();
    search.propose(&ask(100)).unwrap();
    let report = end(small_alphas([0.4, 0.6], [0.8, 0.1, 0.1], 0.3), 50);
    search.update(&report).unwrap();
    assert_eq!(search.discard(&report).unwrap(), []);
}

#[test]
fn nothing_is_dropped_when_no_budget_is_left_for_another_stage() {
    let all = |_: usize, learned: &LearnedAlphas<'_>| learned.drop_options(|_| 1);
    let mut search: Box<dyn Instance> =
        StagedSearch::new(&setup(small()), vec![Plan::default(); 2]).unwrap().dropping(all).into();
    search.propose(&ask(100)).unwrap();
    let report = end(small_alphas([0.4, 0.6], [0.1, 0.2, 0.7], 0.3), 0);
    search.update(&report).unwrap();
    assert_eq!(search.discard(&report).unwrap(), []);
}

#[test]
fn a_stage_whose_reports_have_no_alphas_ends_the_search() {
    let mut search: Box<dyn Instance> = StagedSearch::new(&setup(small()), vec![Plan::default()]).unwrap().into();
    search.propose(&ask(100)).unwrap();
    assert_eq!(
        search.update(&end(Alphas::default(), 50)).unwrap_err().message,
        "stage 1 of 1 ended and no report had its alphas: expected them after every epoch and at the end"
    );
}

#[test]
fn while_a_stage_runs_the_search_waits() {
    let mut search: Box<dyn Instance> = StagedSearch::new(&setup(small()), vec![Plan::default()]).unwrap().into();
    search.propose(&ask(100)).unwrap();
    assert_eq!(search.propose(&Ask { in_flight: vec![TrialId(7)], ..ask(50) }).unwrap(), Proposal::Wait);
}

#[test]
fn plans_that_no_training_could_use_are_refused_with_their_stage() {
    let plans = vec![Plan::default(), Plan { batch: 0, ..Plan::default() }];
    let Err(error) = StagedSearch::new(&setup(small()), plans) else { panic!("expected a refusal") };
    assert_eq!(error.message, "stage 2 of 2: the plan's batch is 0: expected at least 1");
    assert!(StagedSearch::new(&setup(small()), vec![]).is_err());
}

/// A space with rules of several sizes, and probabilities for all of its options.
fn drawn() -> impl Strategy<Value = (Space, Alphas)> {
    let space = GenomeNas { cells: 2, nodes: 2, rnn_nodes: 3, ..GenomeNas::new(50, 2) }.space().unwrap();
    let count: usize = space.decisions.iter().map(|decision| decision.options.len()).sum();
    // Few values, so that there are ties.
    prop::collection::vec(0..8_u8, count).prop_map(move |values| {
        let mut values = values.into_iter().map(|value| f64::from(value) / 8.0);
        let weight = |name: &String, probability| (name.clone(), OptionWeight { alpha: 0.0, probability });
        let of = |decision: &Decision, values: &mut dyn Iterator<Item = f64>| {
            decision.options.iter().zip(values).map(|(name, value)| weight(name, value)).collect()
        };
        let rows = space.decisions.iter().map(|decision| (decision.id.clone(), of(decision, &mut values)));
        let alphas = Alphas(rows.collect());
        (space.clone(), alphas)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_learned_the_selection_is_one_of_the_space((space, alphas) in drawn()) {
        let selection = LearnedAlphas::new(&space, &alphas).unwrap().selection();
        prop_assert!(space.check_selection(&selection).is_ok());
    }

    #[test]
    fn whatever_is_dropped_one_after_the_other_leaves_an_architecture(
        (space, alphas) in drawn(), keep in 0..10_usize, most in 0..5_usize
    ) {
        let learned = LearnedAlphas::new(&space, &alphas).unwrap();
        let mut mask = space.mask();
        for discard in learned.drop_options(|_| keep).iter().chain(&learned.drop_edges(|_| most)) {
            mask.discard(&space, discard).unwrap();
        }
        for (id, options) in &mask.0 {
            let had = space.decision(id).unwrap().options.len();
            prop_assert!(options.len() <= keep.max(1) || options.len() == had, "{id}: {options:?}");
        }
        for rule in &space.rules {
            let left = rule.of.iter().filter(|id| mask.0.contains_key(*id)).count();
            prop_assert_eq!(left, rule.of.len().min(most.max(rule.keep)));
        }
    }

    #[test]
    fn limiting_skips_ends_and_finds_architectures_of_the_space_with_fewer_and_fewer(
        (space, alphas) in drawn(), most in 0..6_usize
    ) {
        let limit = SkipLimit { most, option: "skip_connect".to_owned(), decisions: "normal.".to_owned() };
        let found = limit.selections(&LearnedAlphas::new(&space, &alphas).unwrap());
        let skips = |selection: &Selection| {
            selection.0.iter().filter(|(id, option)| id.starts_with("normal.") && *option == "skip_connect").count()
        };
        prop_assert!(found.iter().all(|selection| space.check_selection(selection).is_ok()));
        prop_assert!(skips(&found[0]) <= most);
        let mut counts: Vec<_> = found.iter().map(skips).collect();
        counts.sort_unstable();
        counts.dedup();
        prop_assert_eq!(counts.len(), found.len());
        prop_assert_eq!(counts[0], 0);
    }
}
