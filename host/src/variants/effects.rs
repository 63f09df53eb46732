//! What a variant changes of the predictions.

use genomenas_data::Task;

/// The predictions for an alternative allele and for the reference, of one label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// Of the reference.
    pub reference: f32,
    /// Of the alternative.
    pub alternative: f32,
}

impl Effect {
    /// Alternative less reference.
    pub fn difference(self) -> f32 {
        self.alternative - self.reference
    }

    /// The logarithm of the odds of the alternative less that of the reference; of probabilities alone. Each is kept 2^-23 away
    /// from 0 and 1, where its odds would have no logarithm.
    pub fn log_odds_difference(self, task: Task) -> Option<f32> {
        let epsilon = f64::from(f32::EPSILON);
        let log_odds = |probability: f32| {
            let within = f64::from(probability).clamp(epsilon, 1.0 - epsilon);
            (within / (1.0 - within)).ln()
        };
        #[expect(clippy::cast_possible_truncation, reason = "the predictions have no more digits")]
        let difference = (log_odds(self.alternative) - log_odds(self.reference)) as f32;
        (!task.is_regression()).then_some(difference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_those_of_the_alternative_from_the_reference() {
        let effect = Effect { reference: 0.5, alternative: 0.75 };
        assert!((effect.difference() - 0.25).abs() < 1e-7);
        let log_odds = effect.log_odds_difference(Task::MultiLabel).unwrap();
        assert!((log_odds - 3.0_f32.ln()).abs() < 1e-6, "{log_odds}");
        assert_eq!(effect.log_odds_difference(Task::Regression), None);
        let certain = Effect { reference: 0.0, alternative: 1.0 };
        assert!(certain.log_odds_difference(Task::MultiClass).unwrap().is_finite());
    }
}
