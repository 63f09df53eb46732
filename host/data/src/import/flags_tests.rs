//! The flags of the importers.

use clap::{Args, Command};

use super::deepsea::DeepseaOptions;
use super::fasta::{ClassPath, FastaOptions};
use super::next::NextOptions;
use super::npz::NpzOptions;
use super::table::TableOptions;
use super::windows::WindowsOptions;

fn parsed<Options: Args>(arguments: &[&str]) -> Options {
    let command = Options::augment_args(Command::new("import").no_binary_name(true));
    Options::from_arg_matches(&command.try_get_matches_from(arguments).unwrap()).unwrap()
}

#[test]
fn flags_that_are_left_out_have_the_usual_settings() {
    let windows: WindowsOptions = parsed(&["--genome", "g", "--labels", "l", "--out", "o"]);
    assert_eq!(windows, WindowsOptions::new("g", vec!["l".into()], "o"));
    assert_eq!(parsed::<TableOptions>(&["t", "--out", "o"]), TableOptions::new("t", "o"));
    assert_eq!(parsed::<NpzOptions>(&["a", "--out", "o"]), NpzOptions::new("a", "o"));
    let deepsea: DeepseaOptions = parsed(&["--train", "a", "--valid", "b", "--test", "c", "--out", "o"]);
    assert_eq!(deepsea, DeepseaOptions::new("a", "b", "c", "o"));
    let class = ClassPath { name: None, path: "a.fa".into() };
    assert_eq!(parsed::<FastaOptions>(&["a.fa", "--out", "o"]), FastaOptions::new(vec![class], "o"));
    assert_eq!(parsed::<NextOptions>(&["a.fa", "--out", "o"]), NextOptions::new(vec!["a.fa".into()], "o"));
}

#[test]
fn a_delimiter_is_one_character_or_the_word_tab() {
    let delimiter = |text| parsed::<TableOptions>(&["t", "--out", "o", "--delimiter", text]).delimiter;
    assert_eq!([";", "tab", "\\t"].map(delimiter), [b';', b'\t', b'\t'].map(Some));
}
