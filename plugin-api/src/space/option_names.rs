//! Where the options of a selection stand in the names of an architecture's weights.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Block, Node, Op, Selection, Space};

/// The options of a selection by the path of the choice that each was chosen for. A supernet has them in the names of its
/// weights, `edge.conv_3.conv.weight`, and the architecture of the selection has not: `edge.conv.weight`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptionNames(BTreeMap<String, String>);

impl OptionNames {
    /// The name of a weight of the architecture with all options in it: as the supernet has it.
    pub fn written_out<'a>(&self, name: &'a str) -> Cow<'a, str> {
        if self.0.is_empty() {
            return Cow::Borrowed(name);
        }
        let mut out = String::with_capacity(2 * name.len());
        // No name of a node has a dot.
        let ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]);
        let mut begin = 0;
        for end in ends {
            out.push_str(&name[begin..end]);
            if let Some(option) = self.0.get(&name[..end]) {
                out.push('.');
                out.push_str(option);
            }
            begin = end;
        }
        Cow::Owned(out)
    }
}

impl Space {
    /// Where the options of a selection stand in the names of its architecture's weights.
    pub fn option_names(&self, selection: &Selection) -> OptionNames {
        let mut names = BTreeMap::new();
        walk("", &self.graph.nodes, &self.graph.blocks, selection, &mut names);
        OptionNames(names)
    }
}

fn walk(
    prefix: &str,
    nodes: &[Node],
    blocks: &BTreeMap<String, Block>,
    selection: &Selection,
    names: &mut BTreeMap<String, String>,
) {
    for node in nodes {
        let path = format!("{prefix}{}", node.name);
        let op = match &node.op {
            Op::Choice { decision, options } => {
                let Some((option, op)) = selection.0.get(decision).and_then(|option| options.get_key_value(option))
                else {
                    continue;
                };
                names.insert(path.clone(), option.clone());
                op
            }
            op => op,
        };
        if let Op::Block { block } = op
            && let Some(body) = blocks.get(block)
        {
            walk(&format!("{path}."), &body.nodes, blocks, selection, names);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::GenomeNas;
    use super::*;

    #[test]
    fn the_weights_of_a_selection_written_out_are_those_of_the_supernet() {
        let space = GenomeNas { cells: 3, nodes: 2, rnn_nodes: 3, ..GenomeNas::new(60, 3) }.space().unwrap();
        let supernet: BTreeSet<String> = space.supernet_layers().unwrap().weights().map(|(name, _)| name).collect();
        for selection in space.sample_distinct(20, 1) {
            let names = space.option_names(&selection);
            let layers = space.architecture(&selection).unwrap().layers().unwrap();
            let mut found = 0;
            for (name, _) in layers.weights() {
                let written_out = names.written_out(&name);
                if supernet.contains(written_out.as_ref()) {
                    found += 1;
                } else {
                    // A supernet's norms have no scale and shift of their own.
                    assert!(matches!(name.rsplit('.').next(), Some("weight" | "bias")), "{name}: {written_out}");
                    let statistics = written_out.rsplit_once('.').unwrap().0.to_owned() + ".running_mean";
                    assert!(supernet.contains(&statistics), "{name}: {written_out}");
                }
            }
            assert!(found > 20, "{found}");
        }
    }

    #[test]
    fn only_whole_parts_of_a_name_are_choices() {
        let names =
            OptionNames(BTreeMap::from([("a.b".to_owned(), "x".to_owned()), ("a.b.c".to_owned(), "y".to_owned())]));
        for (name, expected) in [
            ("a.b.weight", "a.b.x.weight"),
            ("a.bb.weight", "a.bb.weight"),
            ("a.b.c.d.bias", "a.b.x.c.y.d.bias"),
            ("a", "a"),
        ] {
            assert_eq!(names.written_out(name), expected);
        }
    }
}
