//! Settings of a training that several strategies share, to be flattened into their own.

use crate::Parameters;
use crate::message::{Clip, Optimizer, Plan, Schedule};

/// SGD with momentum for the weights outside of recurrent cells, and without momentum for those of recurrent cells.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct SgdSettings {
    /// Learning rate of SGD at the start for all weights outside of recurrent cells; it falls along a cosine
    /// from epoch to epoch.
    #[parameter(default = 0.025, minimum = 0, maximum = 1000, acts_on = "training")]
    pub cnn_learning_rate: f64,
    /// L2 penalty of the weights outside of recurrent cells.
    #[parameter(default = 3e-4, minimum = 0, maximum = 1000, acts_on = "training")]
    pub cnn_weight_decay: f64,
    /// Momentum of SGD for the weights outside of recurrent cells; recurrent cells have none.
    #[parameter(default = 0.9, minimum = 0, maximum = 0.9999, acts_on = "training")]
    pub momentum: f64,
    /// Learning rate of SGD at the start for the weights of recurrent cells; it falls along a cosine from epoch
    /// to epoch.
    #[parameter(default = 2, minimum = 0, maximum = 1000, acts_on = "training")]
    pub rnn_learning_rate: f64,
    /// L2 penalty of the weights of recurrent cells.
    #[parameter(default = 5e-7, minimum = 0, maximum = 1000, acts_on = "training")]
    pub rnn_weight_decay: f64,
}

impl SgdSettings {
    /// A plan with both optimizers under `schedule`, and otherwise the defaults.
    pub fn plan(&self, schedule: Schedule) -> Plan {
        let (cnn, rnn) =
            (Optimizer::sgd(self.cnn_learning_rate, self.momentum), Optimizer::sgd(self.rnn_learning_rate, 0.0));
        Plan {
            cnn: Optimizer { weight_decay: self.cnn_weight_decay, schedule, ..cnn },
            rnn: Some(Optimizer { weight_decay: self.rnn_weight_decay, schedule, ..rnn }),
            ..Plan::default()
        }
    }
}

/// Clipping of gradients, and dropout of highway cells.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct RegularisationSettings {
    /// Whether the gradient of all weights is clipped together, at `clip`, and not each part at its own norm.
    #[parameter(default = true, acts_on = "training")]
    pub one_clip: bool,
    /// Largest gradient norm of all weights together, with `one_clip`.
    #[parameter(default = 0.25, minimum = 1e-9, acts_on = "training")]
    pub clip: f64,
    /// Largest gradient norm of the weights outside of recurrent cells, without `one_clip`.
    #[parameter(default = 5, minimum = 1e-9, acts_on = "training")]
    pub cnn_clip: f64,
    /// Largest gradient norm of the weights of recurrent cells, without `one_clip`.
    #[parameter(default = 0.25, minimum = 1e-9, acts_on = "training")]
    pub rnn_clip: f64,
    /// Dropout of the input of highway cells.
    #[parameter(default = 0.75, minimum = 0, maximum = 0.9999, acts_on = "training")]
    pub input_dropout: f64,
    /// Dropout of the states of highway cells.
    #[parameter(default = 0.25, minimum = 0, maximum = 0.9999, acts_on = "training")]
    pub hidden_dropout: f64,
}

impl RegularisationSettings {
    /// `plan` with this clipping and this dropout.
    pub fn of(&self, plan: Plan) -> Plan {
        let clip = if self.one_clip {
            Clip::All { norm: self.clip }
        } else {
            Clip::Parts { cnn: self.cnn_clip, rnn: self.rnn_clip }
        };
        let (input_dropout, hidden_dropout) = (Some(self.input_dropout), Some(self.hidden_dropout));
        Plan { clip, input_dropout, hidden_dropout, ..plan }
    }
}
