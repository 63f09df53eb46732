//! Nodes that count the words of a window.

use genomenas_plugin::space::{Op, kmers};

use super::builder::{Builder, size_of};
use super::proto::Held;
use super::simple::Place;
use super::zeros::zeros;

/// The name of the value of a spectrum; `None` for other operations.
pub(super) fn spectrum(builder: &mut Builder, op: &Op, place: &Place<'_>) -> Option<String> {
    let &Op::KmerSpectrum { k, both_strands } = op else {
        return None;
    };
    let words = place.shape.first().copied().unwrap_or_default();
    let positions = place.read.get(1).map_or(0, |&length| (length + 1).saturating_sub(k));
    let part = |what: &str| place.part(what);
    let without_axis = |axis| vec![("axis", Held::Int(axis)), ("keepdims", Held::Int(0))];

    let largest = vec![("axes", Held::Ints(vec![1])), ("keepdims", Held::Int(0))];
    let largest = builder.node("ReduceMax", &[place.input()], &part("largest"), largest);
    let one = builder.float(1.0);
    let known = builder.node("Equal", &[&largest, &one], &part("known"), vec![]);
    let bases = builder.node("ArgMax", &[place.input()], &part("bases"), without_axis(1));

    // The word at each position, and whether all of its bases are known.
    let axis = builder.ints(&[1]);
    let four = builder.ints(&[4]);
    let (mut word, mut counted) = (String::new(), String::new());
    for at in 0..k {
        let [from, to] = [at, at + positions].map(|at| builder.ints(&[size_of(at)]));
        let mut cut = |of: &str, what: &str| {
            builder.node("Slice", &[of, &from, &to, &axis], &part(&format!("{what}/{at}")), vec![])
        };
        let (base, is_known) = (cut(&bases, "base"), cut(&known, "is_known"));
        if at == 0 {
            (word, counted) = (base, is_known);
            continue;
        }
        let shifted = builder.node("Mul", &[&word, &four], &part(&format!("shifted/{at}")), vec![]);
        word = builder.node("Add", &[&shifted, &base], &part(&format!("word/{at}")), vec![]);
        counted = builder.node("And", &[&counted, &is_known], &part(&format!("counted/{at}")), vec![]);
    }

    let places: Vec<i64> = kmers::places(k, both_strands).into_iter().map(size_of).collect();
    let places = builder.ints_named(&part("places"), &places);
    let found = builder.node("Gather", &[&places, &word], &part("found"), vec![("axis", Held::Int(0))]);
    // What is left out is counted behind the spectrum, and cut off.
    let behind = builder.ints(&[size_of(words)]);
    let found = builder.node("Where", &[&counted, &found, &behind], &part("place"), vec![]);
    let counts = zeros(builder, place.input(), &part("none"), &[words + 1]);
    let each = zeros(builder, place.input(), &part("nothing"), &[positions]);
    let each = builder.node("Add", &[&each, &one], &part("each"), vec![]);
    let attributes = vec![("axis", Held::Int(1)), ("reduction", Held::Text("add"))];
    let counts = builder.node("ScatterElements", &[&counts, &found, &each], &part("counts"), attributes);
    let [from, to] = [builder.ints(&[0]), behind];
    Some(builder.node("Slice", &[&counts, &from, &to, &axis], &place.value(), vec![]))
}
