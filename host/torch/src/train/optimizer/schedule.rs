//! Where schedules stand, and the learning rate there.

use genomenas_plugin::message;

/// What the schedules of a training depend on before a step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::train) struct SchedulePoint {
    /// Finished epochs.
    pub(in crate::train) epoch: u32,
    /// The finished part of the training, from 0 to 1, at the start of the epoch.
    pub(in crate::train) at_epoch: f64,
    /// The same at the start of the step.
    pub(in crate::train) at_step: f64,
    /// Steps before this one.
    pub(in crate::train) steps: u64,
}

/// The learning rate of a step; see [`message::Schedule`].
pub(super) fn learning_rate(settings: &message::Optimizer, at: SchedulePoint) -> f64 {
    let start = settings.learning_rate;
    match settings.schedule {
        message::Schedule::Constant => start,
        message::Schedule::Cosine { minimum, every_step } => {
            let done = if every_step { at.at_step } else { at.at_epoch };
            minimum + 0.5 * (start - minimum) * (1.0 + (std::f64::consts::PI * done.clamp(0.0, 1.0)).cos())
        }
        message::Schedule::Step { epochs, factor } => {
            start * factor.powi(i32::try_from(at.epoch / epochs.max(1)).unwrap_or(i32::MAX))
        }
        message::Schedule::Inverse { decay } => start / (1.0 + decay * at.steps as f64),
    }
}
