//! What goes into a paper: the leaderboard as a LaTeX table, a critical-difference diagram, and the methods with their
//! references. Nothing is said that does not follow from the comparison.

mod diagram;
mod file;
mod latex;
mod made_by;
mod methods;
mod references;
mod tex;

pub use diagram::critical_difference_diagram;
pub use file::{LatexFile, MethodsFile};
