//! Which rows the two kinds of steps read.

use std::collections::{BTreeMap, BTreeSet};

use genomenas_data::{Decoding, Rows};
use genomenas_plugin::message::{Arch, ArchData, Order, Plan};

use super::super::feed::Feed;
use super::{Job, Setting, Training, arch, plan, values};

/// Row numbers by what the network sees of them.
fn by_input(rows: &Rows) -> BTreeMap<Vec<u32>, u32> {
    let all = 0..u32::try_from(rows.len()).unwrap();
    all.map(|row| {
        let (mut input, mut labels) = (vec![0.0; rows.input_size()], vec![0.0; rows.label_size()]);
        rows.decode(&[row], &Decoding::default(), &mut input, &mut labels).unwrap();
        (input.iter().map(|value| value.to_bits()).collect(), row)
    })
    .collect()
}

/// The rows of the next batches.
fn read(feed: &mut Feed, batches: usize, rows: &Rows) -> Vec<u32> {
    let known = by_input(rows);
    assert_eq!(known.len(), rows.len(), "rows of the test are told apart by their input");
    let mut read = Vec::new();
    for _ in 0..batches {
        let (inputs, _) = feed.next_batch().unwrap().unwrap();
        for row in values(&inputs).chunks(rows.input_size()) {
            read.push(known[&row.iter().map(|value| value.to_bits()).collect::<Vec<_>>()]);
        }
    }
    read
}

fn set(rows: &[u32]) -> BTreeSet<u32> {
    rows.iter().copied().collect()
}

#[test]
fn weight_and_architecture_steps_of_all_trials_of_a_run_read_rows_of_their_own() {
    let setting = Setting::new();
    let mut seen = Vec::new();
    for seed in [3, 8] {
        let training = Training::start(Job { seed, ..setting.job() }).unwrap();
        let (job, rows) = (&training.job, &training.partition);
        let weights = |epoch| read(&mut Feed::train(job, rows.weights.as_ref(), epoch, 0, 3).unwrap(), 3, &job.train);
        let (first, second) = (weights(0), weights(1));
        assert_ne!(first, second);
        assert_eq!(set(&first), set(&second));
        let mut arch = Feed::arch(job, rows.arch.as_ref(), 0).unwrap();
        let passes = [read(&mut arch, 3, &job.train), read(&mut arch, 3, &job.train)];
        assert_ne!(passes[0], passes[1]);
        assert_eq!(set(&passes[0]), set(&passes[1]));
        assert!(set(&first).is_disjoint(&set(&passes[0])));
        assert_eq!(first.len() + passes[0].len(), job.train.len());
        seen.push((set(&first), passes));
    }
    assert_eq!(seen[0].0, seen[1].0);
    assert_ne!(seen[0].1, seen[1].1);
}

#[test]
fn architecture_batches_are_a_function_of_the_step_and_drop_the_end_of_a_pass() {
    let data = ArchData::Train { part: 0.42 };
    let plan = Plan { arch: Some(Arch { data, ..arch(Order::First) }), ..plan(Order::First) };
    let setting = Setting { plan, ..Setting::new() };
    let training = setting.start();
    let subset = training.partition.arch.as_ref();
    assert_eq!(subset.unwrap().len(), 25);
    let from = |first| Feed::arch(&training.job, subset, first).unwrap();
    let all = read(&mut from(0), 7, &training.job.train);
    assert_eq!(read(&mut from(3), 4, &training.job.train), all[30..]);
    for pass in all.chunks_exact(20) {
        assert_eq!(set(pass).len(), 20);
    }
}

#[test]
fn architecture_steps_may_read_the_validation_split_and_weights_then_train_on_all_rows() {
    let plan = Plan { arch: Some(Arch { data: ArchData::Valid, ..arch(Order::First) }), ..plan(Order::First) };
    let setting = Setting { plan, ..Setting::new() };
    let training = setting.start();
    let (job, rows) = (&training.job, &training.partition);
    let mut arch = Feed::arch(job, rows.arch.as_ref(), 0).unwrap();
    assert_eq!(set(&read(&mut arch, 2, &job.valid)).len(), 20);
    let mut weights = Feed::train(job, rows.weights.as_ref(), 0, 0, 6).unwrap();
    assert_eq!(set(&read(&mut weights, 6, &job.train)).len(), 60);
}

#[test]
fn too_few_rows_for_a_batch_of_the_architecture_are_refused() {
    let refused = Setting { plan: Plan { batch: 31, ..plan(Order::First) }, ..Setting::new() }.refused();
    assert!(refused.contains("60 training rows") && refused.contains("30 rows") && refused.contains("31"), "{refused}");
}
