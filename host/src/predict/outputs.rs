//! Which outputs of a network are written, and what their columns are called.

use genomenas_data::error::{Error, Result};
use genomenas_data::text::{printable, shortened};
use genomenas_report::streamed::{Cells, Kind};

use crate::foreign::listed;

/// The outputs of a network that are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outputs {
    /// Outputs of the network.
    count: usize,
    /// Those that are written, with their names.
    chosen: Vec<(usize, String)>,
}

impl Outputs {
    /// The labels that are `asked` for, in that order; all of them where none is.
    ///
    /// # Errors
    ///
    /// A label is not one of the model's, or is asked for twice.
    pub fn new(labels: &[String], asked: &[String]) -> Result<Self> {
        let mut chosen: Vec<(usize, String)> = Vec::new();
        for name in asked {
            let Some(at) = labels.iter().position(|label| label == name) else {
                return Err(Error::input(format!(
                    "--labels: the model has no label {:?}; it has {}",
                    printable(&shortened(name)),
                    listed(labels)
                )));
            };
            if chosen.iter().any(|(other, _)| *other == at) {
                return Err(Error::input(format!("--labels names {:?} twice", printable(&shortened(name)))));
            }
            chosen.push((at, name.clone()));
        }
        if asked.is_empty() {
            chosen = labels.iter().cloned().enumerate().collect();
        }
        Ok(Self { count: labels.len(), chosen })
    }

    /// The places and names of those that are written.
    pub fn chosen(&self) -> &[(usize, String)] {
        &self.chosen
    }

    /// Outputs of the network.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Their columns: the name of the label, behind `predicted_` where another column of the table is called so.
    pub(super) fn columns(&self, others: &[(String, Kind)]) -> Vec<(String, Kind)> {
        let taken = |name: &String| others.iter().any(|(other, _)| other == name);
        let named = |name: &String| if taken(name) { format!("predicted_{name}") } else { name.clone() };
        self.chosen.iter().map(|(_, name)| (named(name), Kind::Number)).collect()
    }

    /// The cells of their columns, from the predictions for `rows` windows.
    pub(super) fn cells(&self, predictions: &[f32], rows: usize) -> Result<Vec<Cells>> {
        if predictions.len() != rows * self.count {
            return Err(Error::bug(format!(
                "{} predictions came for {rows} windows and {} labels",
                predictions.len(),
                self.count
            )));
        }
        let column = |at: usize| predictions.iter().skip(at).step_by(self.count.max(1)).map(|value| Some(*value));
        Ok(self.chosen.iter().map(|(at, _)| Cells::Numbers(column(*at).collect())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn labels_are_chosen_by_name_and_unknown_ones_are_refused_with_those_there_are() {
        let all = names(&["a", "b", "c", "d", "e"]);
        let outputs = Outputs::new(&all, &names(&["d", "a"])).unwrap();
        let cells = outputs.cells(&[0.0, 1.0, 2.0, 3.0, 4.0, 10.0, 11.0, 12.0, 13.0, 14.0], 2).unwrap();
        assert_eq!(cells, [Cells::Numbers(vec![Some(3.0), Some(13.0)]), Cells::Numbers(vec![Some(0.0), Some(10.0)])]);
        let error = Outputs::new(&all, &names(&["x"])).unwrap_err().to_string();
        assert!(error.contains("no label \"x\"; it has a, b, c and 2 more"), "{error}");
        assert!(Outputs::new(&all, &names(&["a", "a"])).is_err());
        assert_eq!(Outputs::new(&all, &[]).unwrap().chosen().len(), 5);
    }

    #[test]
    fn a_label_that_is_called_like_another_column_has_a_name_of_its_own() {
        let outputs = Outputs::new(&names(&["name", "ctcf"]), &[]).unwrap();
        let columns = outputs.columns(&[("name".to_owned(), Kind::Text)]);
        assert_eq!(columns.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), ["predicted_name", "ctcf"]);
    }
}
