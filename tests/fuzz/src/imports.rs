//! What the targets of the windows importer share: labels and signals over a made-up genome.

use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use genomenas_data::Task;
use genomenas_data::import::windows::{self, Keep, LabelFrom, Outside, Overlap, Signal, WindowsOptions};
use genomenas_data::splits::GenomeSplitOptions;

use crate::{scratch, stores};

/// Chromosomes with their lengths; the second is for validation, the third for the test.
pub type Chromosomes<'a> = [(&'a str, usize); 3];

/// The bytes as gzip holds them.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// Imports a file of features, as `choice` says.
pub fn labels(choice: u8, file: PathBuf, chromosomes: &Chromosomes<'_>) {
    import(&WindowsOptions {
        bin: 20,
        context: 10,
        outside: if choice & 2 == 0 { Outside::Drop } else { Outside::Refuse },
        keep: if choice & 4 == 0 { Keep::All } else { Keep::Labelled },
        label_from: [LabelFrom::Auto, LabelFrom::Name, LabelFrom::File, LabelFrom::Auto][usize::from(choice >> 3 & 3)],
        overlap: if choice & 32 == 0 { Overlap::Share(0.5) } else { Overlap::Bases(3) },
        widen: u64::from(choice >> 6 & 1) * 7,
        min_positives: u64::from(choice >> 7),
        ..over(file, chromosomes)
    });
}

/// Imports a track of values, as `choice` says.
pub fn signals(choice: u8, file: PathBuf, chromosomes: &Chromosomes<'_>) {
    let threshold = (choice & 4 != 0).then_some(0.5);
    import(&WindowsOptions {
        bin: 100,
        context: 0,
        outside: if choice & 1 == 0 { Outside::Drop } else { Outside::Refuse },
        signal: if choice & 2 == 0 { Signal::Mean } else { Signal::Sum },
        signal_threshold: threshold,
        task: (choice & 8 != 0 && threshold.is_none()).then_some(Task::PoissonRegression),
        ..over(file, chromosomes)
    });
}

fn over(file: PathBuf, chromosomes: &Chromosomes<'_>) -> WindowsOptions {
    let bases = |length: usize| "ACGTTGCAN".chars().cycle().take(length).collect::<String>();
    let text: String = chromosomes.iter().map(|(name, length)| format!(">{name}\n{}\n", bases(*length))).collect();
    let [_, valid, test] = chromosomes.map(|(name, _)| vec![name.to_owned()]);
    WindowsOptions {
        splits: GenomeSplitOptions::named(valid, test),
        ..WindowsOptions::new(
            scratch::file("genome.fa", text.as_bytes()),
            vec![file],
            scratch::folder().join("windows.arrow"),
        )
    }
}

fn import(options: &WindowsOptions) {
    stores::imported(windows::import(options, &mut |_| {}), &options.output);
}
