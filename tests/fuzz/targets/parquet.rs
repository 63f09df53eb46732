//! Tables as Parquet files.

#![no_main]

use genomenas_fuzz::{scratch, seeds, tables};
use libfuzzer_sys::fuzz_target;

// The first byte chooses the columns. A panic of the crate `parquet` is caught where the file is read, by intent;
// libFuzzer's hook would end the process before that.
fuzz_target!(
    init: {
        std::panic::set_hook(Box::new(|_| {}));
        seeds::write("parquet", seeds());
    },
    |data: &[u8]| {
        if let Some((choice, bytes)) = data.split_first() {
            tables::import(*choice, scratch::file("table.parquet", bytes));
        }
    }
);

fn seeds() -> Vec<Vec<u8>> {
    let choices = [[0, 1, 4, 18, 40].as_slice(), &[0, 2, 5], &[0, 36], &[3, 131], &[0, 2], &[0, 2]];
    let files = tables::parquets().into_iter().zip(choices);
    files.flat_map(|(file, choices)| choices.iter().map(move |choice| seeds::chosen(*choice, &file))).collect()
}
