//! Which sequences count as the same when rows are divided among splits.

/// Which sequences count as the same when rows are divided among splits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Likeness {
    /// Whether the other strand of a row is another row.
    pub(crate) single_strand: bool,
    /// The identity from which on rows stay together; `None`: only equal ones do.
    pub(crate) identity: Option<f64>,
}
