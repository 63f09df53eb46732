//! Zeros for every sample of a batch, whose size only a pass knows.

use super::builder::{Builder, size_of};
use super::proto::Held;

/// Adds zeros of the samples of `like`, each of `sizes`. Returns the name `output`.
///
/// A product with 0 would not do: it has no zeros for what is infinite.
pub(super) fn zeros(builder: &mut Builder, like: &str, output: &str, sizes: &[usize]) -> String {
    let [first, second] = [builder.ints(&[0]), builder.ints(&[1])];
    let shape = builder.node("Shape", &[like], &format!("{output}/of"), vec![]);
    let batch = builder.node("Slice", &[&shape, &first, &second], &format!("{output}/batch"), vec![]);
    let sizes: Vec<i64> = sizes.iter().map(|&size| size_of(size)).collect();
    let sizes = builder.ints(&sizes);
    let joined = builder.node("Concat", &[&batch, &sizes], &format!("{output}/shape"), vec![("axis", Held::Int(0))]);
    // Its default is 0 of float32.
    builder.node("ConstantOfShape", &[&joined], output, vec![])
}
