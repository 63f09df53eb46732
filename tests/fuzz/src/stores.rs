//! A store read to its last row, and what must hold of one that an importer wrote.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use genomenas_data::{Decoding, Error, FinalEvaluation, Result, Rows, Store, StoreInfo};

/// Numbers of a decoded row that is still decoded here.
const LARGEST_ROW: usize = 1 << 16;
/// Rows of a split that are read.
const MOST_ROWS: usize = 2000;

/// What an importer wrote is a whole store; what it refused is the input's fault, and leaves nothing.
pub fn imported(result: Result<StoreInfo>, output: &Path) {
    match result {
        Ok(info) => {
            let store = Store::open(output).expect("a store that was just written");
            assert_eq!(store.info(), &info, "the description is not the one that was returned");
            store.verify(&mut |_| {}).expect("the rows that were just written");
            read(&store).expect("the rows that were just written");
            fs::remove_file(output).expect("the store");
            if talkative() {
                eprintln!("accepted: {} rows", info.total_rows());
            }
        }
        Err(error) => {
            refused(&error);
            assert!(!output.exists(), "a refused import left a store");
        }
    }
}

/// A refusal of wrong input says what is wrong with the input.
pub fn refused(error: &Error) {
    assert_eq!(error.exit_code(), 2, "not the input's fault: {error}");
    assert!(!error.to_string().is_empty());
    if talkative() {
        eprintln!("refused: {error}");
    }
}

/// Whether to say what became of each input, to see what the seeds of a target reach.
fn talkative() -> bool {
    static TALKATIVE: OnceLock<bool> = OnceLock::new();
    *TALKATIVE.get_or_init(|| std::env::var_os("GENOMENAS_FUZZ_TALK").is_some())
}

/// Reads all that training and evaluation read.
pub fn read(store: &Store) -> Result<()> {
    let _ = store.info().to_string();
    let _ = (store.info().for_plugins(), store.info().for_checks());
    let test = store.test().unseal(&FinalEvaluation::of("a fuzz target"));
    [store.train(), store.valid(), test].iter().try_for_each(read_rows)
}

fn read_rows(rows: &Rows) -> Result<()> {
    let all: Vec<u32> = (0..u32::try_from(rows.len().min(MOST_ROWS)).unwrap_or(0)).collect();
    rows.positions(&all)?;
    let _ = rows.classes(&all);
    for row in &all {
        rows.packed(*row)?;
        if rows.input_size() > LARGEST_ROW || rows.label_size() > LARGEST_ROW {
            continue;
        }
        let mut inputs = vec![0.0; rows.input_size()];
        let mut labels = vec![0.0; rows.label_size()];
        let shift = i32::try_from(row % 7).unwrap_or(0) - 3;
        let turned = Decoding { reverse_complement: vec![row % 2 == 1], shift: vec![shift] };
        rows.decode(&[*row], &turned, &mut inputs, &mut labels)?;
    }
    // One row too many is refused.
    assert!(rows.packed(u32::try_from(rows.len()).unwrap_or(u32::MAX)).is_err());
    Ok(())
}
