//! What is written of the templates. That it builds is tested where the built program writes it.

use std::collections::BTreeSet;
use std::fs;

use super::*;

const ALL: [Template; 5] =
    [Template::Random, Template::Evolution, Template::Differentiable, Template::Halving, Template::Baseline];

fn rendered(template: Template, name: &str) -> Vec<(&'static str, String)> {
    template.render(&name.parse().unwrap(), Path::new("/checkout/plugin-api")).unwrap()
}

#[test]
fn every_file_of_a_template_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/templates");
    let below = |folder: &Path| {
        let (mut found, mut folders) = (BTreeSet::new(), vec![folder.to_owned()]);
        while let Some(next) = folders.pop() {
            for path in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        found
    };
    for template in ALL {
        let crate_folder = folder.join(template.crate_name().trim_start_matches("my-"));
        let written: BTreeSet<_> = rendered(template, "x").into_iter().map(|(path, _)| path.to_owned()).collect();
        assert!(written.is_superset(&below(&crate_folder)), "{template:?}: {written:?}");
    }
}

#[test]
fn nothing_of_the_templates_name_or_place_is_left() {
    for template in ALL {
        let before = PluginName::of_template(template.crate_name());
        for (path, text) in rendered(template, "other-thing") {
            for word in [before.crate_name(), &before.library(), &before.type_name(), SHARED_NAME, "../plugin-api"] {
                assert!(!text.contains(word), "{template:?}: {word} in {path}");
            }
        }
    }
}

#[test]
fn a_name_of_what_the_code_names_already_is_refused() {
    let refused = |template: Template, name: &str| {
        template.render(&name.parse().unwrap(), Path::new("/checkout/plugin-api")).unwrap_err().to_string()
    };
    assert!(refused(Template::Random, "settings").contains("would be Settings"));
    assert!(refused(Template::Evolution, "member").contains("would be Member"));
    for name in ["serde", "serde-derive", "genomenas-plugin"] {
        let why = refused(Template::Baseline, name);
        assert!(why.contains("is a crate that the plugin depends on"), "{why}");
    }
}

#[test]
fn a_folder_that_is_there_is_left_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let name: PluginName = "my-nas".parse().unwrap();
    let files = rendered(Template::Random, "my-nas");
    write(home.path(), &name, &files).unwrap();
    let manifest = home.path().join("my-nas/Cargo.toml");
    fs::File::create(&manifest).unwrap();
    let why = write(home.path(), &name, &files).unwrap_err().to_string();
    assert!(why.contains("is there already"), "{why}");
    assert_eq!(fs::read(manifest).unwrap(), b"");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
}
