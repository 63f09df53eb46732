//! The settings that all strategies of the DARTS family have, and the plan that they make.

use crate::message::{Algorithm, Arch, ArchData, Clip, Optimizer, Order, Plan, Schedule};

/// How supernets are trained: what [`differentiable_settings!`](crate::differentiable_settings!) adds to a strategy's
/// parameters.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each field is described where it is a parameter")]
pub struct Training {
    pub batch: u32,
    pub steps_per_epoch: u32,
    pub cnn_learning_rate: f64,
    pub cnn_weight_decay: f64,
    pub momentum: f64,
    pub rnn_learning_rate: f64,
    pub rnn_weight_decay: f64,
    pub learning_rate_min: f64,
    pub one_clip: bool,
    pub clip: f64,
    pub cnn_clip: f64,
    pub rnn_clip: f64,
    pub input_dropout: f64,
    pub hidden_dropout: f64,
    pub slowness: f64,
    pub arch_learning_rate: f64,
    pub arch_weight_decay: f64,
    pub arch_beta1: f64,
    pub arch_data: String,
}

impl Training {
    /// The plan of a supernet of `epochs` epochs, of which the first `warm_up` train weights only. The alphas learn by
    /// `order`, their gradient clipped at `arch_clip`.
    pub fn plan(&self, epochs: u32, warm_up: u32, order: Order, arch_clip: Option<f64>) -> Plan {
        let schedule = Schedule::Cosine { minimum: self.learning_rate_min, every_step: false };
        let sgd = |learning_rate, weight_decay, momentum| Optimizer {
            algorithm: Algorithm::Sgd { momentum },
            learning_rate,
            weight_decay,
            schedule,
        };
        let arch = Arch {
            optimizer: Optimizer {
                algorithm: Algorithm::Adam { beta1: self.arch_beta1, beta2: 0.999, epsilon: 1e-8 },
                learning_rate: self.arch_learning_rate,
                weight_decay: self.arch_weight_decay,
                schedule: Schedule::Constant,
            },
            clip: arch_clip,
            warm_up,
            order,
            data: if self.arch_data == "valid" { ArchData::Valid } else { ArchData::default() },
        };
        Plan {
            epochs,
            steps_per_epoch: Some(self.steps_per_epoch),
            batch: self.batch,
            cnn: sgd(self.cnn_learning_rate, self.cnn_weight_decay, self.momentum),
            rnn: Some(sgd(self.rnn_learning_rate, self.rnn_weight_decay, 0.0)),
            arch: Some(arch),
            clip: if self.one_clip {
                Clip::All { norm: self.clip }
            } else {
                Clip::Parts { cnn: self.cnn_clip, rnn: self.rnn_clip }
            },
            slowness: self.slowness,
            input_dropout: Some(self.input_dropout),
            hidden_dropout: Some(self.hidden_dropout),
            validation_batches: Some(self.steps_per_epoch),
            ..Plan::default()
        }
    }
}

/// A strategy's parameters: its own fields, and those of [`Training`](crate::differentiable::Training), which are
/// converted with `Training::from(&settings)`. Defaults are those of genomeNAS; the three in which its strategies
/// differ come first.
///
/// ```
/// use genomenas_plugin::{differentiable::Training, differentiable_settings};
///
/// differentiable_settings! {
///     /// What a user can set.
///     pub struct Settings {
///         learning_rate_min = 0.0,
///         arch_learning_rate = 6e-4,
///         arch_beta1 = 0.5;
///         /// Epochs.
///         #[parameter(default = 25, minimum = 1)]
///         pub epochs: u32,
///     }
/// }
///
/// assert_eq!(Training::from(&Settings::default()).cnn_learning_rate, 0.025);
/// ```
#[macro_export]
macro_rules! differentiable_settings {
    (
        $(#[$about:meta])*
        $visibility:vis struct $name:ident {
            learning_rate_min = $learning_rate_min:literal,
            arch_learning_rate = $arch_learning_rate:literal,
            arch_beta1 = $arch_beta1:literal;
            $($own:tt)*
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, $crate::Parameters)]
        $visibility struct $name {
            $($own)*
            /// Samples a step.
            #[parameter(default = 100, minimum = 1)]
            pub batch: u32,
            /// Steps an epoch at most; an epoch also ends when every row has been seen. As many batches are scored
            /// after it.
            #[parameter(default = 2000, minimum = 1)]
            pub steps_per_epoch: u32,
            /// Learning rate of SGD at the start for all weights outside of recurrent cells; it falls along a cosine
            /// from epoch to epoch.
            #[parameter(default = 0.025, minimum = 0, maximum = 1000)]
            pub cnn_learning_rate: f64,
            /// L2 penalty of the weights outside of recurrent cells.
            #[parameter(default = 3e-4, minimum = 0, maximum = 1000)]
            pub cnn_weight_decay: f64,
            /// Momentum of SGD for the weights outside of recurrent cells; recurrent cells have none.
            #[parameter(default = 0.9, minimum = 0, maximum = 0.9999)]
            pub momentum: f64,
            /// Learning rate of SGD at the start for the weights of recurrent cells; it falls along a cosine from epoch
            /// to epoch.
            #[parameter(default = 2, minimum = 0, maximum = 1000)]
            pub rnn_learning_rate: f64,
            /// L2 penalty of the weights of recurrent cells.
            #[parameter(default = 5e-7, minimum = 0, maximum = 1000)]
            pub rnn_weight_decay: f64,
            /// Where the cosine of both learning rates ends.
            #[parameter(default = $learning_rate_min, minimum = 0, maximum = 1000)]
            pub learning_rate_min: f64,
            /// Whether the gradient of all weights is clipped together, at `clip`, and not each part at its own norm.
            #[parameter(default = true)]
            pub one_clip: bool,
            /// Largest gradient norm of all weights together, with `one_clip`.
            #[parameter(default = 0.25, minimum = 1e-9)]
            pub clip: f64,
            /// Largest gradient norm of the weights outside of recurrent cells, without `one_clip`.
            #[parameter(default = 5, minimum = 1e-9)]
            pub cnn_clip: f64,
            /// Largest gradient norm of the weights of recurrent cells, without `one_clip`.
            #[parameter(default = 0.25, minimum = 1e-9)]
            pub rnn_clip: f64,
            /// Dropout of the input of highway cells.
            #[parameter(default = 0.75, minimum = 0, maximum = 0.9999)]
            pub input_dropout: f64,
            /// Dropout of the states of highway cells.
            #[parameter(default = 0.25, minimum = 0, maximum = 0.9999)]
            pub hidden_dropout: f64,
            /// Factor of the slowness regulariser of highway cells.
            #[parameter(default = 1e-3, minimum = 0, maximum = 1000)]
            pub slowness: f64,
            /// Learning rate of Adam for the alphas.
            #[parameter(default = $arch_learning_rate, minimum = 0, maximum = 1000)]
            pub arch_learning_rate: f64,
            /// L2 penalty of the alphas.
            #[parameter(default = 1e-3, minimum = 0, maximum = 1000)]
            pub arch_weight_decay: f64,
            /// β₁ of Adam for the alphas; β₂ is 0.999.
            #[parameter(default = $arch_beta1, minimum = 0, maximum = 0.9999)]
            pub arch_beta1: f64,
            /// What alphas learn from: half of the training split, which weights then never see, or the validation
            /// split, whose scores are then no longer of unseen data.
            #[parameter(default = "train", one_of = ["train", "valid"])]
            pub arch_data: String,
        }

        impl ::core::convert::From<&$name> for $crate::differentiable::Training {
            fn from(settings: &$name) -> Self {
                Self {
                    batch: settings.batch,
                    steps_per_epoch: settings.steps_per_epoch,
                    cnn_learning_rate: settings.cnn_learning_rate,
                    cnn_weight_decay: settings.cnn_weight_decay,
                    momentum: settings.momentum,
                    rnn_learning_rate: settings.rnn_learning_rate,
                    rnn_weight_decay: settings.rnn_weight_decay,
                    learning_rate_min: settings.learning_rate_min,
                    one_clip: settings.one_clip,
                    clip: settings.clip,
                    cnn_clip: settings.cnn_clip,
                    rnn_clip: settings.rnn_clip,
                    input_dropout: settings.input_dropout,
                    hidden_dropout: settings.hidden_dropout,
                    slowness: settings.slowness,
                    arch_learning_rate: settings.arch_learning_rate,
                    arch_weight_decay: settings.arch_weight_decay,
                    arch_beta1: settings.arch_beta1,
                    arch_data: ::core::clone::Clone::clone(&settings.arch_data),
                }
            }
        }
    };
}
