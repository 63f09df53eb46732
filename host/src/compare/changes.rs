//! What a person changes about the entries of a comparison that has begun: entries that come on the same terms, and entries
//! that are hidden. Nothing that was done is done again, and nothing is removed.

use std::path::Path;

use genomenas_data::error::{Error, Result};
use jiff::Timestamp;

use super::plan::{ComparisonPlan, EntryPlan};
use crate::plugins::StrategyRegistry;
use crate::spec::Spec;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Strategies that come to it, or hidden entries that are shown again.
    pub add: Vec<Spec>,
    /// The names of entries to hide.
    pub drop: Vec<String>,
}

/// What that comes to in a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Settled {
    /// Strategies that the plan has no entry of.
    pub(super) new: Vec<Spec>,
    /// The day that is noted of them.
    pub(super) day: String,
    /// The names of the entries that are hidden from now on.
    pub(super) hidden: Vec<String>,
}

impl Changes {
    /// What is asked for of the comparison in `out`, whose plan is `earlier`.
    ///
    /// # Errors
    ///
    /// There is no comparison, or none of this version; an entry to hide is not there; one to add is there already; or none
    /// would be shown.
    pub(super) fn settle(
        &self,
        earlier: Option<&ComparisonPlan>,
        out: &Path,
        known: &StrategyRegistry,
    ) -> Result<Settled> {
        let Some(plan) = earlier else {
            if *self == Self::default() {
                return Ok(Settled::default());
            }
            let what = "there is no comparison to change: --add and --drop are for one that has begun; name the strategies of a new one with --strategy";
            return Err(Error::file("extend", out, what));
        };
        let mut settled = Settled { day: today(), ..Settled::default() };
        settled.hidden.extend(plan.entries.iter().filter(|entry| entry.hidden).map(|entry| entry.name.clone()));
        for name in &self.drop {
            let entry = named(plan, name.trim(), out)?;
            if settled.hidden.contains(&entry.name) {
                return Err(Error::input(format!(
                    "'{}' is hidden already: show it again with --add '{}'",
                    entry.name, entry.name
                )));
            }
            settled.hidden.push(entry.name.clone());
        }
        for spec in &self.add {
            match same(plan, spec, known)? {
                Some(entry) if self.drop.iter().any(|name| is_called(entry, name.trim())) => {
                    return Err(Error::input(format!("'{}' is to be added and dropped: give one of both", entry.name)));
                }
                Some(entry) if settled.hidden.contains(&entry.name) => {
                    settled.hidden.retain(|name| *name != entry.name);
                }
                Some(entry) => return Err(already_there(spec, entry, out)),
                None => settled.new.push(spec.clone()),
            }
        }
        if !settled.new.is_empty() {
            expect_this_version(plan, out)?;
        }
        if settled.new.is_empty() && plan.entries.iter().all(|entry| settled.hidden.contains(&entry.name)) {
            return Err(Error::input(format!(
                "no entry of the comparison in {} would be left to show: drop fewer, or remove the folder",
                out.display()
            )));
        }
        Ok(settled)
    }
}

/// The entry that a person names: as the leaderboard does, or by its folder.
fn named<'a>(plan: &'a ComparisonPlan, name: &str, out: &Path) -> Result<&'a EntryPlan> {
    plan.entries.iter().find(|entry| is_called(entry, name)).ok_or_else(|| {
        let names: Vec<String> = plan.entries.iter().map(|entry| format!("'{}'", entry.name)).collect();
        let there = names.join(", ");
        Error::input(format!("the comparison in {} has no entry '{name}': its entries are {there}", out.display()))
    })
}

fn is_called(entry: &EntryPlan, name: &str) -> bool {
    entry.name == name || entry.folder == name
}

/// The entry of a plan that is this strategy with these parameters, or that is called by these words.
fn same<'a>(plan: &'a ComparisonPlan, spec: &Spec, known: &StrategyRegistry) -> Result<Option<&'a EntryPlan>> {
    // By its name alone also where its plugin is gone, or where the name is no strategy.
    if let Some(entry) = plan.entries.iter().find(|entry| spec.name.is_none() && entry.name == spec.to_string()) {
        return Ok(Some(entry));
    }
    let resolved = known.resolve(spec)?;
    let is_same = |entry: &&EntryPlan| {
        entry.plugin == resolved.plugin
            && entry.strategy == resolved.strategy
            && entry.parameters == resolved.parameters
    };
    Ok(plan.entries.iter().find(is_same))
}

fn already_there(spec: &Spec, entry: &EntryPlan, out: &Path) -> Error {
    let (words, name) = (spec.to_string(), &entry.name);
    let called = if words == *name { String::new() } else { format!(" as '{name}'") };
    Error::input(format!(
        "'{words}' is in the comparison in {} already{called}: go on with it by `genomenas compare --out` alone",
        out.display()
    ))
}

/// Runs of two versions are not on the same terms: what a version computes may differ from what another does.
fn expect_this_version(plan: &ComparisonPlan, out: &Path) -> Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    if plan.genomenas == version {
        return Ok(());
    }
    Err(Error::input(format!(
        "the comparison in {} was begun by genomenas {}, and this is {version}: an entry that is added now would not be on the \
         same terms; add it with genomenas {}, or begin another comparison in another folder with --out",
        out.display(),
        plan.genomenas,
        plan.genomenas
    )))
}

/// Today, in UTC.
fn today() -> String {
    Timestamp::now().to_string().chars().take("2026-12-31".len()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::plan;
    use super::*;
    use crate::plugins::registry::tests::{plugin, registry};

    /// What these words come to, or why they are refused.
    fn settled(plan: &ComparisonPlan, add: &[&str], drop: &[&str]) -> Result<Settled, String> {
        let folder = tempfile::tempdir().unwrap();
        let of = |id: &str| {
            let path = folder.path().join(id);
            genomenas_data::files::write_atomically(&path, b"").unwrap();
            plugin(path.to_str().unwrap(), id, &[id])
        };
        let known = registry([of("danq"), of("deepsea")]);
        let changes = Changes {
            add: add.iter().map(|text| text.parse().unwrap()).collect(),
            drop: drop.iter().map(|&name| name.to_owned()).collect(),
        };
        changes.settle(Some(plan), Path::new("results"), &known).map_err(|error| error.to_string())
    }

    fn ours() -> ComparisonPlan {
        let mut plan = ComparisonPlan { genomenas: env!("CARGO_PKG_VERSION").to_owned(), ..plan() };
        plan.entries.push(EntryPlan {
            name: "small".to_owned(),
            folder: "small".to_owned(),
            ..plan.entries[0].clone()
        });
        plan.entries[1].parameters.insert("width".to_owned(), 0.01.into());
        plan
    }

    #[test]
    fn an_entry_is_added_or_hidden_and_shown_again_by_its_name_its_folder_or_what_it_is() {
        let mut plan = ours();
        let new = settled(&plan, &["deepsea"], &["small"]).unwrap();
        assert_eq!((new.new, new.hidden), (vec!["deepsea".parse().unwrap()], vec!["small".to_owned()]));
        assert!(new.day.len() == 10 && new.day.starts_with("20"), "{}", new.day);
        assert_eq!(settled(&plan, &[], &["danq-width=0.1"]).unwrap().hidden, ["danq width=0.1"]);
        plan.entries[1].hidden = true;
        for again in ["small", "danq width=0.01", "danq/danq width=0.01 name=other"] {
            assert_eq!(settled(&plan, &[again], &[]).unwrap().hidden, [""; 0], "{again}");
        }
        assert_eq!(settled(&plan, &[], &[]).unwrap().hidden, ["small"], "it stays hidden");
    }

    #[test]
    fn what_cannot_be_is_refused_in_words() {
        let plan = ours();
        let refused = |add: &[&str], drop: &[&str]| settled(&plan, add, drop).unwrap_err();
        insta::assert_snapshot!(refused(&[], &["danq"]), @"the comparison in results has no entry 'danq': its entries are 'danq width=0.1', 'small'");
        insta::assert_snapshot!(refused(&["danq width=0.1"], &[]), @"'danq width=0.1' is in the comparison in results already: go on with it by `genomenas compare --out` alone");
        insta::assert_snapshot!(refused(&["danq width=0.01"], &[]), @"'danq width=0.01' is in the comparison in results already as 'small': go on with it by `genomenas compare --out` alone");
        insta::assert_snapshot!(refused(&[], &["small", "small"]), @"'small' is hidden already: show it again with --add 'small'");
        insta::assert_snapshot!(refused(&["danq width=0.01"], &["small"]), @"'small' is to be added and dropped: give one of both");
        insta::assert_snapshot!(refused(&[], &["small", "danq width=0.1"]), @"no entry of the comparison in results would be left to show: drop fewer, or remove the folder");
        assert!(refused(&["nobody"], &[]).contains("there is no strategy `nobody`"));
        let other = ComparisonPlan { genomenas: "0.0.1".to_owned(), ..ours() };
        let told = settled(&other, &["deepsea"], &[]).unwrap_err();
        assert!(told.contains("was begun by genomenas 0.0.1, and this is"), "{told}");
        settled(&other, &[], &["small"]).unwrap();
        let nothing = Changes { add: vec![Spec::new("danq")], drop: Vec::new() };
        let told = nothing.settle(None, Path::new("results"), &StrategyRegistry::default()).unwrap_err().to_string();
        assert!(told.contains("there is no comparison to change"), "{told}");
    }
}
