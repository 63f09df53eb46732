//! The recipes of which the best is kept for each run: learning rates × weight decays, chosen on the validation split.

use genomenas_data::error::{Error, Result};
use genomenas_plugin::message::Plan;
use genomenas_report::model::{Ranking, Recipes};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// Trainings of a run at most.
const MOST: usize = 64;
/// No training has such a rate or decay.
const LARGE: f64 = 1e6;
/// Where nobody says otherwise.
const LEARNING_RATES: [f64; 3] = [0.0003, 0.001, 0.003];
const WEIGHT_DECAYS: [f64; 2] = [0.0, 0.0001];

/// Whether a value may be tried.
type Allowed = fn(f64) -> bool;

/// The values that a person wants to be tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grid {
    /// Learning rates.
    pub learning_rate: Option<Vec<f64>>,
    /// Weight decays.
    pub weight_decay: Option<Vec<f64>>,
}

/// The recipes that are tried, and what decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tune {
    /// The metric of the validation split by which one is kept.
    pub by: Ranking,
    /// Learning rates.
    pub learning_rate: Vec<f64>,
    /// Weight decays; each is tried with every learning rate.
    pub weight_decay: Vec<f64>,
}

/// One of the recipes.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// Its learning rate.
    pub learning_rate: f64,
    /// Its weight decay.
    pub weight_decay: f64,
    /// All of it.
    pub plan: Plan,
}

impl Grid {
    /// Takes `KEY=V,V,…` of the command line.
    ///
    /// # Errors
    ///
    /// Another key, a key twice, or what is not a number.
    pub fn set(&mut self, text: &str) -> Result<()> {
        let refuse = |what: &str| {
            Error::input(format!(
                "--tune {text}: {what}; write for instance learning_rate=0.0003,0.001 or weight_decay=0,0.0001"
            ))
        };
        let (key, values) = text.split_once('=').ok_or_else(|| refuse("expected KEY=VALUE,VALUE,…"))?;
        let of_key = match key.trim() {
            "learning_rate" => &mut self.learning_rate,
            "weight_decay" => &mut self.weight_decay,
            _ => return Err(refuse("only learning_rate and weight_decay can be tuned")),
        };
        let number = |value: &str| {
            value.trim().parse::<f64>().map_err(|_| refuse(&format!("'{}' is not a number", value.trim())))
        };
        let values = values.split(',').map(number).collect::<Result<Vec<f64>>>()?;
        if of_key.replace(values).is_some() {
            return Err(refuse("its values are given twice: give them in one list"));
        }
        Ok(())
    }

    /// This grid where it says something, and `other` where it does not.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            learning_rate: self.learning_rate.or(other.learning_rate),
            weight_decay: self.weight_decay.or(other.weight_decay),
        }
    }
}

impl Tune {
    /// The recipes that `grid` asks for, decided between by `by`.
    ///
    /// # Errors
    ///
    /// Values that no training can have, no value, one twice, or too many trainings.
    pub fn new(grid: Grid, by: Ranking) -> Result<Self> {
        let tune = Self {
            by,
            learning_rate: grid.learning_rate.unwrap_or_else(|| LEARNING_RATES.into()),
            weight_decay: grid.weight_decay.unwrap_or_else(|| WEIGHT_DECAYS.into()),
        };
        let axes: [(&str, &[f64], Allowed, &str); 2] = [
            ("learning_rate", &tune.learning_rate, |value| value > 0.0 && value < LARGE, "above 0 and below 1000000"),
            ("weight_decay", &tune.weight_decay, |value| (0.0..LARGE).contains(&value), "from 0 and below 1000000"),
        ];
        for (name, values, allowed, expected) in axes {
            if values.is_empty() {
                return Err(Error::input(format!(
                    "the values of {name} to tune are an empty list: expected at least one"
                )));
            }
            for (number, &value) in values.iter().enumerate() {
                if !(value.is_finite() && allowed(value)) {
                    return Err(Error::input(format!("{name} to tune is {value}: expected a number {expected}")));
                }
                if values.iter().take(number).any(|other| other.total_cmp(&value).is_eq()) {
                    return Err(Error::input(format!("{name} to tune has the value {value} twice: list it once")));
                }
            }
        }
        if tune.trainings() > MOST {
            return Err(Error::input(format!(
                "{} learning rates × {} weight decays are {} trainings of every run: expected at most {MOST}",
                tune.learning_rate.len(),
                tune.weight_decay.len(),
                tune.trainings()
            )));
        }
        Ok(tune)
    }

    /// How many trainings a run has.
    pub fn trainings(&self) -> usize {
        self.learning_rate.len() * self.weight_decay.len()
    }

    /// The values as a person gives them.
    pub fn grid(&self) -> Grid {
        Grid { learning_rate: Some(self.learning_rate.clone()), weight_decay: Some(self.weight_decay.clone()) }
    }

    /// The recipes in the order in which they are tried; all else is as in `base`.
    pub fn tried(&self, base: &Plan) -> Vec<Tried> {
        let with = |learning_rate: f64, weight_decay: f64| {
            let mut plan = base.clone();
            for optimizer in std::iter::once(&mut plan.cnn).chain(plan.rnn.as_mut()) {
                (optimizer.learning_rate, optimizer.weight_decay) = (learning_rate, weight_decay);
            }
            Tried { learning_rate, weight_decay, plan }
        };
        let of_rate = |&rate: &f64| self.weight_decay.iter().map(move |&decay| (rate, decay));
        self.learning_rate.iter().flat_map(of_rate).map(|(rate, decay)| with(rate, decay)).collect()
    }

    /// "learning rate 0.0003, 0.001 or 0.003 × weight decay 0 or 0.0001, the best by validation AUROC is kept".
    pub fn in_words(&self) -> String {
        let list = |values: &[f64]| {
            let words: Vec<String> = values.iter().map(f64::to_string).collect();
            match words.split_last() {
                Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
                _ => words.concat(),
            }
        };
        format!(
            "learning rate {} × weight decay {}, the best by validation {} is kept",
            list(&self.learning_rate),
            list(&self.weight_decay),
            self.by.name()
        )
    }
}

/// Refuses what a person asks for that would be passed over by trainings of this kind.
///
/// # Errors
///
/// A grid where nothing is tuned, or one value for what is tuned.
pub fn check_given(recipes: Recipes, grid: Option<&Grid>, settings: Option<&Table>) -> Result<()> {
    if recipes != Recipes::Tuned {
        return match grid {
            None => Ok(()),
            Some(_) => Err(Error::input(format!(
                "values to tune (--tune, or [tune] of a file) act on `--recipe tuned`, and the recipe is {}: give that, or leave them out",
                recipes.name()
            ))),
        };
    }
    let optimizers = ["cnn", "rnn"].into_iter().filter_map(|name| settings?.get(name).and_then(Value::as_table));
    for optimizer in optimizers {
        for (name, flag) in [("learning_rate", " (--learning-rate)"), ("weight_decay", "")] {
            if let Some(value) = optimizer.get(name) {
                return Err(Error::input(format!(
                    "the final training's {name}{flag} is tuned, so its value {value} would be passed over: give the values to try, --tune {name}={value},…"
                )));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::recipe;

    fn grid(words: &[&str]) -> Result<Tune> {
        let mut grid = Grid::default();
        words.iter().try_for_each(|word| grid.set(word))?;
        Tune::new(grid, Ranking::Auroc)
    }

    #[test]
    fn nothing_given_is_three_rates_with_two_decays_each_and_all_else_of_the_recipe() {
        let tune = grid(&[]).unwrap();
        let tried = tune.tried(&recipe::default());
        assert_eq!((tune.trainings(), tried.len()), (6, 6));
        let first: Vec<_> = tried.iter().take(3).map(|tried| (tried.learning_rate, tried.weight_decay)).collect();
        assert_eq!(first, [(0.0003, 0.0), (0.0003, 0.0001), (0.001, 0.0)]);
        assert_eq!(tried[2].plan, recipe::default());
        insta::assert_snapshot!(tune.in_words(), @"learning rate 0.0003, 0.001 or 0.003 × weight decay 0 or 0.0001, the best by validation AUROC is kept");
    }

    #[test]
    fn what_is_given_replaces_its_own_values_alone() {
        let tune = grid(&["learning_rate=0.01, 0.1"]).unwrap();
        assert_eq!((tune.learning_rate, tune.weight_decay), (vec![0.01, 0.1], WEIGHT_DECAYS.to_vec()));
    }

    #[test]
    fn values_that_no_training_can_have_are_refused_in_words() {
        for (words, why) in [
            (&["learning_rate"][..], "expected KEY=VALUE"),
            (&["momentum=0.9"], "only learning_rate and weight_decay"),
            (&["learning_rate=fast"], "'fast' is not a number"),
            (&["learning_rate="], "'' is not a number"),
            (&["learning_rate=0"], "expected a number above 0"),
            (&["learning_rate=nan"], "expected a number above 0"),
            (&["weight_decay=-1"], "expected a number from 0"),
            (&["learning_rate=1e30"], "below 1000000"),
            (&["weight_decay=1e6"], "below 1000000"),
            (&["weight_decay=0,0.0"], "has the value 0 twice"),
            (&["weight_decay=0", "weight_decay=1"], "given twice"),
        ] {
            let told = grid(words).unwrap_err();
            assert!(told.exit_code() == 2 && told.to_string().contains(why), "{words:?}: {told}");
        }
        let many: Vec<String> = (1..=33).map(|number| format!("{number}e-4")).collect();
        let told = grid(&[&format!("learning_rate={}", many.join(","))]).unwrap_err().to_string();
        assert!(told.contains("are 66 trainings of every run: expected at most 64"), "{told}");
    }

    #[test]
    fn what_would_be_passed_over_is_refused() {
        let table = |text: &str| text.parse::<Table>().unwrap();
        let grid = Grid::default();
        for recipes in [Recipes::Common, Recipes::Own] {
            let told = check_given(recipes, Some(&grid), None).unwrap_err().to_string();
            assert!(told.contains(&format!("the recipe is {}", recipes.name())), "{told}");
        }
        let told = check_given(Recipes::Tuned, None, Some(&table("cnn.learning_rate = 0.1"))).unwrap_err().to_string();
        assert!(told.contains("--learning-rate") && told.contains("--tune learning_rate=0.1"), "{told}");
        assert!(check_given(Recipes::Tuned, Some(&grid), Some(&table("cnn.weight_decay = 0.1"))).is_err());
        check_given(Recipes::Tuned, Some(&grid), Some(&table("epochs = 2"))).unwrap();
        check_given(Recipes::Common, None, Some(&table("cnn.learning_rate = 0.1"))).unwrap();
    }
}
