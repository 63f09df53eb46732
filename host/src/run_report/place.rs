//! The place of a run in the comparison around its folder, which decides the colour of its page.

use std::path::Path;

use genomenas_data::files;
use genomenas_report::model::Place;
use serde::Deserialize;

/// The plan of a comparison, in the folder above that of its runs.
const PLAN: &str = "comparison.toml";

/// What is read of a plan.
#[derive(Deserialize)]
struct Plan {
    entries: Vec<Planned>,
}

#[derive(Deserialize)]
struct Planned {
    folder: String,
    #[serde(default)]
    control: bool,
}

/// The place of the entry whose folder a run's is in: `COMPARISON/runs/ENTRY/RUN`. `None` for a run by itself, or where the
/// plan cannot be read: a colour is not worth an error.
pub(super) fn of(run: &Path) -> Option<Place> {
    let run = run.canonicalize().ok()?;
    let entry = run.parent()?;
    let plan = entry.parent()?.parent()?.join(PLAN);
    let plan: Plan = toml::from_str(&files::read_text(&plan).ok()?).ok()?;
    let name = entry.file_name()?;
    let slot = plan.entries.iter().position(|planned| name == planned.folder.as_str())?;
    Some(Place { slot, control: plan.entries.get(slot)?.control })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_the_place_of_its_entry_and_one_by_itself_none() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("runs/danq/seed-1");
        files::create_folder(&run).unwrap();
        assert_eq!(of(&run), None);
        let plan = "version = 1\n[[entries]]\nfolder = \"lstm\"\n[[entries]]\nfolder = \"danq\"\ncontrol = true\n";
        files::write_atomically(&folder.path().join(PLAN), plan.as_bytes()).unwrap();
        assert_eq!(of(&run), Some(Place { slot: 1, control: true }));
        files::write_atomically(&folder.path().join(PLAN), b"entries = 3").unwrap();
        assert_eq!(of(&run), None);
    }
}
