//! A laboratory: a space of which every architecture was trained once, on which a search takes milliseconds, and what the
//! searches of this project came to on it.
//!
//! **The space** has 240 architectures, which were trained for 27 epochs on a made-up task with DNA words. What a trial
//! reports are the scores that were measured then; a supernet is trained on the made-up landscape of
//! [`Simulation`](super::Simulation), because no table holds it.
//!
//! **What is counted.** A search is asked at any time for its incumbent: the architecture with the best validation score
//! that it was told of so far, after however many samples. What is counted is the training samples, of all trials
//! together, until the incumbent is for the first time one of the best tenth of the space by its score at the end of its
//! whole training. So no search is asked at a budget that it did not plan for, and none has the luck of many attempts.
//! Beside that stands how good its answer is: the share of architectures that are no better, and the regret, by how much
//! its AUPRC is below the best one's.
//!
//! **Equal terms.** All have the budget of forty whole trainings, a whole training is the same number of samples for all,
//! and the seeds are 1 to 20. A search that divides its budget into equal shares plans forty trials.

mod place;
mod ranking;
mod runs;
mod searches;
mod table;

pub use place::{BUDGET, EPOCHS, Laboratory, SPACE, TRAIN_ROWS, VALID_ROWS, WHOLE};
pub use ranking::{Ranking, Standing};
pub use runs::{LaboratoryRun, LaboratoryRuns, from_text, to_text};
pub use table::{MEASURED, Point, Table};
