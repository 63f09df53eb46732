//! A training plan as a list of settings.

use genomenas_plugin::message::{Algorithm, ClassWeights, Clip, Optimizer, Plan, Schedule};

use crate::model::Setting;

/// The settings of a training, most important first; those at their defaults that change nothing are left out.
pub fn settings(plan: &Plan) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut set = |name: &str, value: String| settings.push(Setting::new(name, value));
    if let Some(optimum) = &plan.optimum {
        set("trained", format!("to the optimum of a convex loss, within {:e} an iteration", optimum.tolerance));
        set("L2 penalty", strengths(&optimum.l2));
        if let Some(stop) = plan.early_stopping.filter(|_| optimum.l2.len() > 1) {
            set("weaker penalties", format!("left out after {} that are worse", stop.patience));
        }
        if let Some(share) = plan.subsample {
            set("training rows", format!("a share of {share:.3}"));
        }
        return settings;
    }
    set("epochs", format!("at most {}", plan.epochs));
    set(
        "steps an epoch",
        plan.steps_per_epoch.map_or_else(|| "the whole training split".to_owned(), |n| n.to_string()),
    );
    set("batch", format!("{} samples", plan.batch));
    set(if plan.rnn.is_some() { "optimizer outside recurrent cells" } else { "optimizer" }, optimizer(&plan.cnn));
    if let Some(rnn) = &plan.rnn {
        set("optimizer of recurrent cells", optimizer(rnn));
    }
    set(
        "gradient clipping",
        match plan.clip {
            Clip::None => "none".to_owned(),
            Clip::All { norm } => format!("norm at most {norm}"),
            Clip::Parts { cnn, rnn } => format!("norm at most {cnn}, of recurrent cells {rnn}"),
        },
    );
    set(
        "early stopping",
        plan.early_stopping.map_or_else(
            || "none".to_owned(),
            |stop| format!("after {} epochs without a lower validation loss; the best weights are kept", stop.patience),
        ),
    );
    if plan.slowness > 0.0 {
        set("slowness regulariser", plan.slowness.to_string());
    }
    if let Some(batches) = plan.validation_batches {
        set("validation after an epoch", format!("{batches} batches"));
    }
    set("reverse complement", if plan.reverse_complement { "half of the training windows" } else { "no" }.to_owned());
    if plan.shift > 0 {
        set("shift", format!("training windows by up to {} bases either way", plan.shift));
    }
    if let Some(share) = plan.subsample {
        set("training rows", format!("a share of {share}"));
    }
    if let ClassWeights::Balanced { maximum } = plan.class_weights {
        set("class weights", format!("balanced, at most {maximum}"));
    }
    if let Some(norm) = plan.max_norm {
        set("weight norm of a unit", format!("at most {norm}"));
    }
    if plan.hidden_l1 > 0.0 {
        set("L1 of the last hidden activations", plan.hidden_l1.to_string());
    }
    if plan.average_strands {
        set("scores", "the mean of the predictions for both strands".to_owned());
    }
    settings
}

/// "1", or "the best on the validation split of 13 from 10 to 1e-5".
fn strengths(l2: &[f64]) -> String {
    match l2 {
        [only] => format!("{only}"),
        [first, .., last] => {
            format!("the best on the validation split of {} from {first:.3} to {last:.0e}", l2.len())
        }
        [] => "none".to_owned(),
    }
}

fn optimizer(optimizer: &Optimizer) -> String {
    let algorithm = match optimizer.algorithm {
        Algorithm::Sgd { momentum } => format!("SGD (momentum {momentum})"),
        Algorithm::Adam { beta1, beta2, epsilon } => format!("Adam (β {beta1}, {beta2}, ε {epsilon:e})"),
        Algorithm::AdamW { beta1, beta2, epsilon } => format!("AdamW (β {beta1}, {beta2}, ε {epsilon:e})"),
        Algorithm::RmsProp { alpha, epsilon } => format!("RMSprop (α {alpha}, ε {epsilon:e})"),
    };
    let schedule = match optimizer.schedule {
        Schedule::Constant => "constant".to_owned(),
        Schedule::Cosine { minimum, .. } => format!("cosine to {minimum}"),
        Schedule::Step { epochs, factor } => format!("× {factor} every {epochs} epochs"),
        Schedule::Inverse { decay } => format!("divided by 1 + {decay:e} · step"),
    };
    let decay =
        if optimizer.weight_decay > 0.0 { format!(", weight decay {}", optimizer.weight_decay) } else { String::new() };
    format!("{algorithm}, learning rate {}, {schedule}{decay}", optimizer.learning_rate)
}
