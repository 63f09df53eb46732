//! Why a run failed whose process has ended.

use std::path::Path;

use genomenas_data::files as disk;

use super::run_log;
use super::workers::End;
use crate::run::settings::files;
use crate::run::{RunResult, State};

/// Why the run in `folder` failed, if it did. Where its process left no result, the reason is noted in its folder, as far
/// as that can be written.
pub(super) fn failure(folder: &Path, end: &End) -> Option<String> {
    match RunResult::look(folder) {
        Ok(Some(result)) => {
            return match result.state {
                State::Done => None,
                State::Failed => Some(result.reason.unwrap_or_else(|| "no reason given".to_owned())),
            };
        }
        Ok(None) => {}
        Err(unreadable) => return Some(format!("its {} cannot be read ({})", files::RESULT, unreadable.why)),
    }
    if !folder.join(files::SETTINGS).exists() {
        return Some("its folder was removed or emptied since the comparison began".to_owned());
    }
    let reason = match end {
        End::Done => "its process ended without a result".to_owned(),
        End::Failed(how) => run_log::last_error(folder).unwrap_or_else(|| how.clone()),
    };
    if let Err(error) = disk::write_atomically(&folder.join(files::CRASH), format!("{reason}\n").as_bytes()) {
        log::warn!("the reason was not noted: {error}");
    }
    Some(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> End {
        End::Failed("its process died with signal 11".to_owned())
    }

    #[test]
    fn a_process_that_ends_without_a_result_leaves_its_last_error_as_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        disk::write_atomically(&folder.join(files::SETTINGS), b"").unwrap();
        assert_eq!(failure(folder, &failed()).unwrap(), "its process died with signal 11");
        disk::write_atomically(&folder.join(files::LOG), b"start\nerror: the store changed\n").unwrap();
        assert_eq!(failure(folder, &failed()).unwrap(), "the store changed");
        assert_eq!(disk::read_text(&folder.join(files::CRASH)).unwrap(), "the store changed\n");
    }

    #[test]
    fn what_is_gone_or_damaged_is_a_reason_and_no_error() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("run");
        assert!(failure(&folder, &failed()).unwrap().contains("was removed"));
        disk::create_folder(&folder.join(files::CRASH)).unwrap();
        disk::write_atomically(&folder.join(files::SETTINGS), b"").unwrap();
        assert_eq!(failure(&folder, &failed()).unwrap(), "its process died with signal 11");
        disk::write_atomically(&folder.join(files::RESULT), b"{}").unwrap();
        assert!(failure(&folder, &End::Done).unwrap().starts_with("its result.json cannot be read (missing field"));
    }
}
