//! What a person asks of a comparison that began earlier, and whose fault a difference is.

use std::path::Path;

use genomenas_data::error::Error;

use super::plan::FILE;
use crate::spec::request::Request;

/// What a request says of its own that an earlier plan may contradict.
pub(super) struct Given {
    pub(super) threads: Option<u32>,
    /// Whether it names a space.
    pub(super) space: bool,
    /// Nothing but how the comparison is shown and spread over the machine.
    alone: bool,
}

impl Given {
    pub(super) fn of(request: &Request) -> Self {
        let Request { title, out, ranked_by, jobs, hook_deadline, published, .. } = request.clone();
        let data = request.data.clone();
        let shown = Request { title, data, out, published, ranked_by, jobs, hook_deadline, ..Request::default() };
        Self { threads: request.threads, space: request.space.is_some(), alone: *request == shown }
    }

    /// The error of a plan in `out` that differs from what is asked for.
    pub(super) fn blame(&self, out: &Path, difference: &str) -> Error {
        if !self.alone {
            return Error::input(format!(
                "{} holds another comparison: {difference}. Give the same settings (or --out alone) to go on with it, or another folder with --out",
                out.display()
            ));
        }
        // Everything else was taken from the plan itself.
        let what = format!("it contradicts itself, so it was changed or damaged: {difference}; put a copy of it back");
        Error::file("use", &out.join(FILE), what)
    }
}
