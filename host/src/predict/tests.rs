//! Tables of predictions by a scorer that counts bases.

use genomenas_data::bases::Packed;
use genomenas_data::error::{Error, Result};
use genomenas_data::files::{Existing, read_text};
use genomenas_data::inputs::Window;
use genomenas_report::streamed::TableFile;

use super::*;
use crate::run::trainer::Scorer;

/// Predicts the number of the window and its bases, and remembers the sizes of batches.
#[derive(Default)]
struct Counting {
    windows: u8,
    batches: Vec<usize>,
}

impl Scorer for Counting {
    fn score(&mut self, windows: &[Packed]) -> Result<Vec<f32>> {
        self.batches.push(windows.len());
        let mut all = Vec::new();
        for window in windows {
            self.windows += 1;
            all.extend([f32::from(self.windows), f32::from(u8::try_from(window.len()).unwrap())]);
        }
        Ok(all)
    }
}

fn window(number: u64) -> Window {
    let sequence = Packed::from_letters(b"ACGT").unwrap();
    Window { name: None, chromosome: Some("one".to_owned()), start: number, end: number + 4, sequence }
}

fn write(file: &TableFile, scorer: &mut Counting, fails: bool) -> Result<Written> {
    let labels = ["n", "bases"].map(str::to_owned);
    let outputs = Outputs::new(&labels, &[])?;
    let predicting = Predicting { scorer, outputs: &outputs, batch: 2, file, existing: Existing::Refused };
    let written = predicting.windows(true, |each| {
        (0..5).try_for_each(|number| each(window(number)))?;
        if fails { Err(Error::input("the source ends")) } else { Ok(()) }
    });
    Ok(written?.0)
}

#[test]
fn windows_pass_in_batches_and_stand_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tsv");
    let (file, mut scorer) = (path.to_str().unwrap().parse().unwrap(), Counting::default());
    assert_eq!(write(&file, &mut scorer, false).unwrap().rows, 5);
    assert_eq!(scorer.batches, [2, 2, 1]);
    let text = read_text(&path).unwrap();
    let expected = "chromosome\tstart\tend\tname\tn\tbases\none\t0\t4\t\t1\t4\n";
    assert!(text.starts_with(expected) && text.ends_with("one\t4\t8\t\t5\t4\n"), "{text}");
}

#[test]
fn a_source_that_fails_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.tsv").to_str().unwrap().parse().unwrap();
    assert!(write(&file, &mut Counting::default(), true).is_err());
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}
