//! How far a long reading or writing has come.

/// Progress of one stage of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// What is being done, such as "reading labels".
    pub stage: &'a str,
    /// Units done of this stage.
    pub done: u64,
    /// Units of this stage altogether, where that is known.
    pub total: Option<u64>,
    /// The unit, such as "bytes" or "rows".
    pub unit: &'static str,
}

/// Called often; whoever shows progress thins it out.
pub type OnProgress<'a> = &'a mut dyn FnMut(Progress<'_>);
