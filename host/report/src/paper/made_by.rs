//! The first lines of the files of a paper, by which they are known again.

/// What a file of TeX or BibTeX begins with.
pub(super) const MADE_BY_TEX: &str = "% Made by `genomenas report`; made anew, it is overwritten.";
/// What a file of Markdown begins with.
pub(super) const MADE_BY_MARKDOWN: &str = "<!-- Made by `genomenas report`; made anew, it is overwritten. -->";
