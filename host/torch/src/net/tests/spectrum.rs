//! Spectra of windows against words that are counted one by one.

use std::collections::BTreeMap;

use genomenas_data::Device;
use genomenas_plugin::rand::RngExt;
use genomenas_plugin::seed;
use genomenas_plugin::space::{ArchitectureBuilder, Op};
use tch::{Kind, Tensor};

use super::super::{Mode, Net};

/// A window as a network reads it: an unknown base has no channel.
fn one_hot(sequence: &str) -> Tensor {
    let values: Vec<f32> = "ACGT"
        .chars()
        .flat_map(|base| sequence.chars().map(move |letter| f32::from(u8::from(letter == base))))
        .collect();
    Tensor::from_slice(&values).reshape([1, 4, i64::try_from(sequence.len()).unwrap()])
}

fn reverse_complement(sequence: &str) -> String {
    let other = |letter| match letter {
        'A' => 'T',
        'C' => 'G',
        'G' => 'C',
        'T' => 'A',
        other => other,
    };
    sequence.chars().rev().map(other).collect()
}

/// The counts of all words in the order of the alphabet; with both strands of each word that is not after its other strand.
fn counted(sequence: &str, k: usize, both_strands: bool) -> Vec<f32> {
    let mut words = vec![String::new()];
    for _ in 0..k {
        words = words.iter().flat_map(|word| "ACGT".chars().map(move |base| format!("{word}{base}"))).collect();
    }
    let name = |word: &str| if both_strands { reverse_complement(word).min(word.to_owned()) } else { word.to_owned() };
    let mut counts: BTreeMap<String, f32> = words.iter().map(|word| (name(word), 0.0)).collect();
    for at in 0..=sequence.len() - k {
        if let Some(count) = counts.get_mut(&name(&sequence[at..at + k])) {
            *count += 1.0;
        }
    }
    counts.into_values().collect()
}

/// What enters the dense layer behind a spectrum.
fn spectrum(inputs: &Tensor, k: usize, both_strands: bool) -> Vec<f32> {
    let length = usize::try_from(inputs.size()[2]).unwrap();
    let mut net = ArchitectureBuilder::new("net", length);
    net.then("words", Op::KmerSpectrum { k, both_strands }).then("out", Op::linear(2));
    let layers = net.finish().unwrap().layers().unwrap();
    let net = Net::build(&layers, 1, Device::Cpu).unwrap();
    let mode = Mode { keep_hidden: true, ..Mode::scoring() };
    let hidden = net.forward(inputs, &mode).unwrap().hidden.unwrap();
    assert_eq!((hidden.kind(), hidden.size()[1]), (Kind::Float, i64::try_from(layers.layers[0].shape[0]).unwrap()));
    Vec::try_from(hidden.flatten(0, -1)).unwrap()
}

fn drawn(row: u64, length: usize) -> String {
    let mut draws = seed::stream(3, "sequence", row);
    (0..length).map(|_| ['A', 'C', 'G', 'T', 'A', 'C', 'G', 'T', 'N'][draws.random_range(0..9)]).collect()
}

#[test]
fn a_spectrum_counts_every_word_without_an_unknown_base() {
    for (k, length) in [(1, 1), (2, 30), (3, 3), (5, 60)] {
        for both_strands in [false, true] {
            let rows: Vec<String> = (0..4).map(|row| drawn(row, length)).collect();
            let inputs = Tensor::cat(&rows.iter().map(|row| one_hot(row)).collect::<Vec<_>>(), 0);
            let expected: Vec<f32> = rows.iter().flat_map(|row| counted(row, k, both_strands)).collect();
            assert_eq!(spectrum(&inputs, k, both_strands), expected, "{k} {rows:?}");
        }
    }
}

#[test]
fn a_spectrum_of_both_strands_is_that_of_the_other_strand() {
    for row in 0..5 {
        let sequence = drawn(row, 41);
        let other = reverse_complement(&sequence);
        assert_eq!(spectrum(&one_hot(&sequence), 4, true), spectrum(&one_hot(&other), 4, true));
    }
}
