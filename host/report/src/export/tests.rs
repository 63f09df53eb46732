//! Exports of made-up comparisons, read again.
