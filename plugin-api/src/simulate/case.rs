//! A random run in words, and smaller ones.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::conformance::{SPACES, TASKS, World, space, task};
use crate::{Error, Result};

/// A run with all that may differ between runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// One of [`SPACES`] or [`TASKS`].
    pub world: &'static str,
    /// The seed of the strategy.
    pub seed: u64,
    /// The budget, in samples.
    pub budget: u64,
    /// How many trials are at once.
    pub slots: u32,
    /// Trials that fail.
    pub fail: Vec<u64>,
    /// Whether there are reports of trials that were never proposed.
    pub strays: bool,
    /// Whether there are reports of trials after their end.
    pub late: bool,
    /// The seed of the order of reports, where it is another.
    pub order: Option<u64>,
    /// The hooks before which it is saved and loaded.
    pub load: Vec<usize>,
    /// The hooks before which it is sent a damaged message, with the seed of the damage.
    pub damage: BTreeMap<usize, u64>,
}

impl Case {
    /// The simplest case.
    fn simplest(world: &'static str) -> Self {
        let (fail, load, damage) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { world, seed: 1, budget: 1, slots: 1, fail, strays: false, late: false, order: None, load, damage }
    }

    /// The worlds of cases, the simplest last.
    pub(super) fn worlds() -> Vec<&'static str> {
        TASKS.into_iter().chain(SPACES).collect()
    }

    /// Where it takes place, with windows of `length` bases where the space has no length of its own.
    pub(super) fn world(&self, length: usize) -> Result<World> {
        if SPACES.contains(&self.world) { space(self.world) } else { task(self.world, length) }
    }

    /// Cases that have a little less of something, those with much less first.
    pub(super) fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let mut add = |change: &dyn Fn(&mut Self)| {
            let mut case = self.clone();
            change(&mut case);
            if case != *self {
                all.push(case);
            }
        };
        add(&|case| case.fail.clear());
        add(&|case| case.load.clear());
        add(&|case| case.damage.clear());
        add(&|case| case.strays = false);
        add(&|case| case.late = false);
        add(&|case| case.order = None);
        add(&|case| case.slots = 1);
        for divisor in [u64::MAX, 100, 10, 2] {
            add(&|case| case.budget = (case.budget / divisor).max(1));
        }
        add(&|case| case.slots = case.slots.saturating_sub(1).max(1));
        for at in 0..self.fail.len() {
            add(&|case| _ = case.fail.remove(at));
        }
        for at in 0..self.load.len() {
            add(&|case| _ = case.load.remove(at));
            add(&|case| case.load[at] /= 2);
        }
        for hook in self.damage.keys() {
            add(&|case| _ = case.damage.remove(hook));
            add(&|case| {
                if let Some(seed) = case.damage.remove(hook) {
                    case.damage.insert(hook / 2, seed);
                }
            });
        }
        let worlds = Self::worlds();
        let at = worlds.iter().position(|world| *world == self.world).unwrap_or_default();
        for simpler in worlds.into_iter().skip(at + 1).rev() {
            add(&|case| case.world = simpler);
        }
        add(&|case| case.seed = 1);
        add(&|case| case.budget = (case.budget - case.budget / 10).max(1));
        all
    }
}

impl fmt::Display for Case {
    /// As a person types it: `space=two-cells seed=5 budget=300 slots=2 fail=0,3 late load=4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { world, seed, budget, slots, fail, strays, late, order, load, damage } = self;
        write!(f, "space={world} seed={seed} budget={budget} slots={slots}")?;
        let list = |f: &mut fmt::Formatter<'_>, name: &str, items: Vec<String>| {
            if items.is_empty() { Ok(()) } else { write!(f, " {name}={}", items.join(",")) }
        };
        list(f, "fail", fail.iter().map(u64::to_string).collect())?;
        if *strays {
            f.write_str(" strays")?;
        }
        if *late {
            f.write_str(" late")?;
        }
        list(f, "order", order.iter().map(u64::to_string).collect())?;
        list(f, "load", load.iter().map(usize::to_string).collect())?;
        list(f, "damage", damage.iter().map(|(hook, seed)| format!("{hook}:{seed}")).collect())
    }
}

impl FromStr for Case {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = |word: &str| {
            Error::invalid(format!(
                "the case '{text}': '{word}' is not a part of one: expected for instance 'space=two-cells seed=5 \
                 budget=300 slots=2 fail=0,3 strays late order=7 load=4 damage=3:99', with a space of {}",
                Self::worlds().join(", ")
            ))
        };
        let mut case = Self::simplest(SPACES[0]);
        for word in text.split_whitespace() {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let refused = || refused(word);
            let number = |text: &str| text.parse::<u64>().map_err(|_| refused());
            let numbers = || value.split(',').map(number).collect::<Result<Vec<_>>>();
            let hook = |number: u64| usize::try_from(number).map_err(|_| refused());
            match name {
                "space" => {
                    let world = Self::worlds().into_iter().find(|world| *world == value);
                    case.world = world.ok_or_else(refused)?;
                }
                "seed" => case.seed = number(value)?,
                "budget" => case.budget = number(value)?.max(1),
                "slots" => case.slots = number(value)?.max(1).try_into().map_err(|_| refused())?,
                "fail" => case.fail = numbers()?,
                "strays" if value.is_empty() => case.strays = true,
                "late" if value.is_empty() => case.late = true,
                "order" => case.order = Some(number(value)?),
                "load" => case.load = numbers()?.into_iter().map(hook).collect::<Result<_>>()?,
                "damage" => {
                    let pair = |pair: &str| {
                        let (at, seed) = pair.split_once(':').ok_or_else(refused)?;
                        Ok((hook(number(at)?)?, number(seed)?))
                    };
                    case.damage = value.split(',').map(pair).collect::<Result<_>>()?;
                }
                _ => return Err(refused()),
            }
        }
        Ok(case)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_read_as_it_was_written() {
        for number in 0..200 {
            let case = Case::draw(7, number);
            assert_eq!(case.to_string().parse::<Case>(), Ok(case.clone()));
            assert_eq!(case, Case::draw(7, number));
        }
        assert_ne!(Case::draw(7, 1), Case::draw(8, 1));
    }

    #[test]
    fn what_is_not_a_case_is_refused_with_an_example() {
        for text in ["space=moon", "budget=many", "damage=3", "late=1", "fast", "slots=-1"] {
            let refused = text.parse::<Case>().unwrap_err().message;
            assert!(refused.contains("for instance 'space=two-cells") && refused.contains(text), "{refused}");
        }
    }

    #[test]
    fn cases_end_to_become_smaller() {
        for number in 0..20 {
            let mut case = Case::draw(3, number);
            let mut steps = 0;
            while let Some(smaller) = case.smaller().into_iter().next() {
                case = smaller;
                steps += 1;
                assert!(steps < 500, "{case}");
            }
            assert_eq!(case, Case::simplest(SPACES[SPACES.len() - 1]));
        }
    }
}
