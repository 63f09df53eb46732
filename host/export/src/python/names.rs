//! Names of Python for the layers of a network.

use std::collections::BTreeSet;

/// What a name of ours may not be: keywords, and what a `model.py` calls otherwise.
const RESERVED: [&str; 39] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield", "self", "torch", "nn", "F",
];

/// Names each layer by names of its own.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// A name like that of a layer, with `ending`, which no other layer has been named.
    pub(super) fn like(&mut self, layer: &str, ending: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let mut name: String = layer.chars().map(plain).collect();
        // Two underscores in front would be mangled, and a digit is none of a name.
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            name.insert(0, 'n');
        }
        if ending.is_empty() && (RESERVED.contains(&name.as_str()) || name == "x" || name == "by_position") {
            name.push('_');
        }
        name.push_str(ending);
        let mut own = name.clone();
        let mut number = 2;
        while !self.0.insert(own.clone()) {
            own = format!("{name}_{number}");
            number += 1;
        }
        own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_of_python_and_each_is_given_once() {
        let mut names = Names::default();
        let found =
            ["cells.0.conv-1", "cells.0.conv_1", "0", "_a", "lambda", "x", "conv"].map(|name| names.like(name, ""));
        assert_eq!(found, ["cells_0_conv_1", "cells_0_conv_1_2", "n0", "n_a", "lambda_", "x_", "conv"]);
        // Modules have names of their own, which nothing of PyTorch has.
        assert_eq!(names.like("forward", "_layer"), "forward_layer");
    }
}
