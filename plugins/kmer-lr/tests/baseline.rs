//! The weights of k-mer counts, which strands are counted, what is refused, and the promises of a baseline.
#![cfg(test)]

use genomenas_plugin::message::{DataInfo, Task};
use genomenas_plugin::simulate::conformance;
use kmer_lr::{Settings, architecture};

fn data(length: usize, reversible: bool) -> DataInfo {
    DataInfo { length, labels: 3, task: Task::MultiLabel, train_rows: 1000, valid_rows: 100, reversible }
}

fn weights(settings: &Settings, data: &DataInfo) -> u64 {
    architecture(settings, data).unwrap().layers().unwrap().parameters()
}

fn words(k: usize) -> Settings {
    Settings { k: Some(k), ..Settings::default() }
}

#[test]
fn it_has_a_weight_for_each_word_and_label_and_a_bias() {
    // 4096 words of 6 bases, of which 64 are their own reverse complement; of 5 bases none is.
    assert_eq!(weights(&Settings::default(), &data(200, true)), (2080 + 1) * 3);
    assert_eq!(weights(&words(5), &data(200, true)), (512 + 1) * 3);
    assert_eq!(weights(&words(5), &data(200, false)), (1024 + 1) * 3);
    let one = Settings { both_strands: Some(false), ..Settings::default() };
    assert_eq!(weights(&one, &data(200, true)), (4096 + 1) * 3);
    let classes = DataInfo { task: Task::MultiClass, ..data(200, true) };
    assert_eq!(weights(&Settings::default(), &classes), (4096 + 1) * 3);
}

#[test]
fn words_are_as_long_as_short_windows_unless_they_are_set() {
    assert_eq!(weights(&Settings::default(), &data(3, false)), (64 + 1) * 3);
    let refused = architecture(&words(6), &data(5, true)).unwrap_err().message;
    assert!(refused.contains("at least 6 bases") && refused.contains("windows of 5"), "{refused}");
}

#[test]
fn both_strands_of_windows_that_have_one_are_refused() {
    let both = Settings { both_strands: Some(true), ..Settings::default() };
    let refused = architecture(&both, &data(50, false)).unwrap_err().message;
    assert!(refused.contains("both_strands") && refused.contains("one strand"), "{refused}");
}

#[test]
fn it_keeps_the_promises_of_a_baseline() {
    conformance::check_registered("kmer-lr").unwrap();
}
