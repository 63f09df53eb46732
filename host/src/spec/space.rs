//! The space of a run, by name or from a file.

use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::files;
use genomenas_plugin::message::DataInfo;
use genomenas_plugin::space::{GenomeNas, Space};

use super::Spec;
use super::sizes::{self, Size};

/// The name of the space that comes with genomenas; any other name is that of a file.
pub const GENOMENAS: &str = "genomenas";

/// The space that `spec` names, for this data: sizes of genomenas that it does not give follow from the data, and are
/// returned with their reasons, unless it says `sizes=published`.
///
/// # Errors
///
/// There is no such space, or it does not fit the data.
pub fn for_data(spec: &Spec, data: &DataInfo) -> Result<(Space, Vec<Size>)> {
    if spec.id != GENOMENAS || source(spec)? == Source::Published {
        return Ok((resolve(spec, data.length, data.labels)?, Vec::new()));
    }
    let mut spec = spec.clone();
    spec.parameters.remove(sizes::SOURCE);
    let chosen = sizes::of(data, &spec.parameters);
    spec.parameters.extend(chosen.iter().map(|size| (size.name.to_owned(), size.value.into())));
    Ok((resolve(&spec, data.length, data.labels)?, chosen))
}

/// Where sizes come from that are not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Data,
    Published,
}

fn source(spec: &Spec) -> Result<Source> {
    match spec.parameters.get(sizes::SOURCE).map(|value| value.as_str().unwrap_or_default()) {
        None | Some("data") => Ok(Source::Data),
        Some("published") => Ok(Source::Published),
        Some(other) => Err(Error::input(format!(
            "the space 'genomenas': sizes={other} is unknown: expected data, for sizes that follow from the data where none are given, or published"
        ))),
    }
}

/// The space that `spec` names, for windows of `length` bases and `labels` outputs, in its published sizes where it gives
/// none.
///
/// # Errors
///
/// There is no such space, or it does not fit.
pub fn resolve(spec: &Spec, length: usize, labels: usize) -> Result<Space> {
    if spec.id == GENOMENAS {
        source(spec)?;
        let mut sizes = spec.parameters.clone();
        sizes.remove(sizes::SOURCE);
        return Ok(GenomeNas::from_settings(length, labels, &sizes)?.space()?);
    }
    if let Some(key) = spec.parameters.keys().next() {
        return Err(Error::input(format!(
            "'{key}' cannot be set for the space of the file {}: only the space '{GENOMENAS}' has sizes; change the file instead",
            spec.id
        )));
    }
    let path = Path::new(&spec.id);
    if !path.exists() {
        return Err(Error::input(format!(
            "there is no space '{}': expected '{GENOMENAS}' or the file of a space",
            spec.id
        )));
    }
    let space = Space::from_text(&files::read_text(path)?).map_err(|error| Error::file("use", path, error))?;
    space.supernet_layers()?.expect_io(length, labels).map_err(|error| Error::file("use", path, error))?;
    Ok(space)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(text: &str) -> Result<Space> {
        resolve(&text.parse().unwrap(), 200, 3)
    }

    #[test]
    fn sizes_change_the_space() {
        let small = space("genomenas cells=3 channels=4 nodes=2 operations=skip_connect,conv_3").unwrap();
        assert_eq!(small.decision("normal.1.2").unwrap().options, ["skip_connect", "conv_3"]);
        assert!(small.decision("normal.2.0").is_none());
    }

    #[test]
    fn sizes_that_nobody_gives_follow_from_the_data_unless_the_published_ones_are_asked_for() {
        let (task, valid_rows, reversible) = (genomenas_plugin::message::Task::MultiLabel, 100, true);
        let data = DataInfo { length: 200, labels: 3, task, train_rows: 2_660, valid_rows, reversible };
        let of = |text: &str| for_data(&text.parse().unwrap(), &data).unwrap();
        let (small, sizes) = of("genomenas cells=2");
        let same = "genomenas cells=2 channels=4 nodes=2 rnn_nodes=4 decoder_features=32";
        assert_eq!(small, space(same).unwrap());
        assert_eq!(sizes.len(), 4);
        assert_eq!(of("genomenas sizes=published cells=2"), (space("genomenas cells=2").unwrap(), Vec::new()));
    }

    #[test]
    fn cells_may_share_their_decisions_and_choose_their_inputs_freely() {
        let bonas = space("genomenas shared_cell=true free_inputs=true operations=skip_connect,conv_3").unwrap();
        assert_eq!(
            bonas.decision("cell.0.a").unwrap().options,
            ["0-skip_connect", "0-conv_3", "1-skip_connect", "1-conv_3"]
        );
        assert_eq!(space("genomenas shared_cell=1").unwrap_err().exit_code(), 2);
    }

    #[test]
    fn an_unknown_space_and_an_unknown_or_bad_size_are_refused() {
        for text in [
            "genomenas cels=3",
            "genomenas cells=-3",
            "genomenas cells=0",
            "genomenas nodes=2 multiplier=3",
            "genomenas dropout=1",
            "genomenas hidden_dropout=-0.1",
            "genomenas operations=[1]",
            "genomenas sizes=small",
            "no-such.toml",
        ] {
            assert_eq!(space(text).unwrap_err().exit_code(), 2, "{text}");
        }
        let error = space("genomenas cels=3").unwrap_err().to_string();
        assert!(
            error.starts_with("the space 'genomenas': unknown parameter `cels` (did you mean `cells`?)"),
            "{error}"
        );
    }

    #[test]
    fn the_file_of_a_space_must_fit_the_data() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("space.toml");
        let text = space("genomenas cells=1 nodes=1").unwrap().to_toml().unwrap();
        files::write_atomically(&path, text.as_bytes()).unwrap();
        let spec = Spec::new(path.display().to_string());
        assert!(resolve(&spec, 200, 3).is_ok());
        let error = resolve(&spec, 201, 3).unwrap_err().to_string();
        assert!(error.contains("space.toml"), "{error}");
    }
}
