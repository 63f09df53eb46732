//! The pages of a comparison and of a run: one HTML file each, which loads nothing else, needs no JavaScript to be read,
//! and prints well.
//!
//! A section is a function from the model to markup; `maud` escapes every text. [`chart`] draws lines as SVG inside an
//! HTML frame, so that text keeps its size at every width.

mod chart;
mod comparison;
mod curves;
mod document;
mod entry;
mod found;
mod headline;
mod labels;
mod leaderboard;
mod live;
mod run;
mod statistics;
mod straddling;
mod terms;

pub use comparison::page;
pub use live::live;
pub use run::page as run_page;
