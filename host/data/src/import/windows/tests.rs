//! The windows importer on made-up genomes, on real ones, and on everything that can be wrong.

mod signals;

use std::io::Write;
use std::path::{Path, PathBuf};

use super::*;
use crate::splits::GenomeSplitOptions;
use crate::store::{FinalEvaluation, Position, Rows, Split, Store, Task};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::File::create(&path).unwrap().write_all(bytes.as_ref()).unwrap();
        path
    }

    /// Small bins over a genome of three chromosomes; the output does not exist yet.
    fn options(&self, labels: &str) -> WindowsOptions {
        let genome = self.file("genome.fa", FASTA);
        let labels = self.file("labels.bed", labels);
        WindowsOptions {
            bin: 4,
            context: 2,
            splits: GenomeSplitOptions::named(vec!["two".into()], vec!["three".into()]),
            ..WindowsOptions::new(genome, vec![labels], self.path("store"))
        }
    }

    /// The message of an import that must fail, without the folder, after which there must be no output.
    fn refused(&self, options: &WindowsOptions) -> String {
        let files = || self.0.path().read_dir().unwrap().count();
        let before = files();
        let error = import(options, &mut |_| {}).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert_eq!(files(), before, "something was left behind");
        error.to_string().replace(&format!("{}/", self.0.path().display()), "")
    }
}

const FASTA: &str = ">one first\nACGTACGTAC\nGTNNACGTACGTAC\n>two\nAACCGGTTAACCGGTT\n>three\r\nacgtacgtacgtacgt\r\n";
const LABELS: &str = "one\t0\t12\tx\none\t14\t15\ty\ntwo\t3\t9\tx\nthree\t8\t12\ty\n";

fn imported(options: &WindowsOptions) -> (Store, StoreInfo) {
    let info = import(options, &mut |_| {}).unwrap();
    (Store::open(&options.output).unwrap(), info)
}

/// The real data, where this checkout has it.
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/yeast").join(name);
    if path.exists() {
        return Some(path);
    }
    std::io::stderr().write_all(format!("skipped: no {}\n", path.display()).as_bytes()).unwrap();
    None
}

#[test]
fn rows_are_bins_with_their_context_and_labels() {
    let folder = Folder::new();
    let (store, info) = imported(&folder.options(LABELS));
    assert_eq!((info.rows.train, info.rows.valid, info.rows.test), (4, 2, 2));
    assert_eq!(info.shape.labels, ["x", "y"]);
    let train = store.train();
    let places = train.positions(&[0, 3]).unwrap().unwrap();
    assert_eq!(
        places,
        [Position { chromosome: "one".into(), start: 2 }, Position { chromosome: "one".into(), start: 14 }]
    );
    let row = train.packed(2).unwrap();
    // Bases 10 to 18 of chromosome one: GTNNACGT, labelled y by the point at 14.
    assert_eq!(row.unknown, Some([0b0000_1100].as_slice()));
    assert_eq!(row.labels, [0b10]);
    assert_eq!(store.test().unseal(&FinalEvaluation::of("a test")).packed(1).unwrap().labels, [0b10]);
}

#[test]
fn a_genome_gives_the_same_store_as_text_and_gzipped() {
    let folder = Folder::new();
    let options = folder.options(LABELS);
    let (_, plain) = imported(&options);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&FASTA.as_bytes()[..30]).unwrap();
    let mut blocks = gzip.finish().unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&FASTA.as_bytes()[30..]).unwrap();
    blocks.extend(gzip.finish().unwrap());
    let genome = folder.file("genome.fa.gz", blocks);
    let (_, blocked) = imported(&WindowsOptions { genome, output: folder.path("other"), ..options });
    assert_eq!(plain.digest, blocked.digest);
}

#[test]
fn labelled_bins_alone_and_rare_labels_left_out_are_counted() {
    let folder = Folder::new();
    let (_, labelled) = imported(&WindowsOptions { keep: Keep::Labelled, ..folder.options(LABELS) });
    assert_eq!((labelled.rows.train, labelled.rows.valid, labelled.rows.test), (3, 1, 1));
    assert!(labelled.import.dropped.contains(&Count::new("bins without a label", 3)), "{labelled}");
    let folder = Folder::new();
    let (_, common) = imported(&WindowsOptions { min_positives: 3, ..folder.options(LABELS) });
    assert_eq!(common.shape.labels, ["x"]);
}

#[test]
fn a_label_is_the_name_of_its_file_where_it_has_none() {
    let folder = Folder::new();
    let mut options = folder.options("one\t4\t8\nthree\t4\t8\ntwo\t4\t8\n");
    options.labels.push(folder.file("CTCF.narrowPeak", "one\t4\t8\tpeak_1\t0\t.\t1\t1\t1\t2\n"));
    assert_eq!(imported(&options).1.shape.labels, ["CTCF", "labels"]);
}

#[test]
fn a_label_without_a_positive_row_is_kept_with_a_warning() {
    let folder = Folder::new();
    let (_, info) = imported(&folder.options("one\t0\t2\tat the end\none\t4\t8\tx\ntwo\t4\t8\tx\nthree\t4\t8\tz\n"));
    insta::assert_snapshot!(info.import.warnings.join("\n"), @r#"
    2 of 2 test rows (100.0 %) repeat rows of train, on the same or the other strand: scores on them tell nothing of new data
    equal sequences have different labels (sequences: 1, rows: 3): no network can be right on all of them
    the other strand of a sequence has another label (sequences: 1): right where strands differ, as in RNA; then import with --single-strand
    label "at the end" never occurs: it cannot be learned, and scores skip it
    label "x" never occurs in test: scores skip it there
    label "z" never occurs in train: it cannot be learned
    "#);
}

#[test]
fn the_summary_says_what_was_read_dropped_and_kept() {
    let folder = Folder::new();
    let outside = format!("{LABELS}four\t0\t4\tx\none\t20\t99\tx\n");
    let (_, info) = imported(&WindowsOptions { outside: Outside::Drop, ..folder.options(&outside) });
    insta::assert_snapshot!(info.to_string(), @r#"
    multi-label: 8 bases a row, 2 labels, 8 rows
      from genome.fa (85 bytes, sha256 3bc842a640b2aac8…)
      from labels.bed (69 bytes, sha256 9c790179105248c1…)
      by data import windows: bin 4, context 2, keep all, label-from auto, max-unknown 1, min-positives 0, only-labels all, overlap 0.5 of the shorter, step 4, test three, train the rest, valid two, widen 0
      read 3 chromosomes
      read 6 features
      dropped 2 features outside the genome
      dropped 6 bins whose row would leave the chromosome
      digest f532b3eb3f4f75196d2cb0ea2dded2ac3f5920b9adb0fa1bba3bdc40901e0216

                              train        valid         test
    rows                          4            2            2
    with unknown bases            2            0            0
    x                             2            1            0
    y                             1            0            1
    warning: 2 of 2 test rows (100.0 %) repeat rows of train, on the same or the other strand: scores on them tell nothing of new data
    warning: equal sequences have different labels (sequences: 1, rows: 3): no network can be right on all of them
    warning: the other strand of a sequence has another label (sequences: 1): right where strands differ, as in RNA; then import with --single-strand
    warning: label "x" never occurs in test: scores skip it there
    warning: label "y" never occurs in valid: scores skip it there
    "#);
}

#[test]
fn what_is_wrong_with_labels_is_said_with_file_and_line() {
    let folder = Folder::new();
    let refused = |labels: &str| folder.refused(&folder.options(labels));
    insta::assert_snapshot!(refused("one\t0\t4\tx\nfour\t0\t4\tx\n"), @r#"labels.bed, line 2: chromosome "four" is not in the genome, which has one (24), two (16), three (16); use the genome version that the labels were made for, or drop labels outside it with --outside drop"#);
    insta::assert_snapshot!(refused("one\t0\t99\tx\n"), @r#"labels.bed, line 1: the feature ends at 99 and chromosome "one" has 24 bases; use the genome version that the labels were made for, or drop labels outside it with --outside drop"#);
    insta::assert_snapshot!(refused("# a comment\none\t9\t4\tx\n"), @"labels.bed, line 2: start 9 is not below end 4: BED counts from 0 and leaves out the end");
    insta::assert_snapshot!(refused("one\t0\n"), @r#"labels.bed, line 1: expected BED columns (chromosome, start, end and perhaps a name, separated by tabs), found "one\t0""#);
    insta::assert_snapshot!(refused("one\tzero\tfour\n"), @r#"labels.bed, line 1: expected whole numbers as start and end, found "zero" and "four": if this line names the columns, put a '#' before it; BED counts from 0"#);
    insta::assert_snapshot!(refused(""), @"labels.bed: there is no feature in it: leave it out, or look whether it is the right file");
}

#[test]
fn what_is_wrong_with_splits_is_said_with_the_chromosomes_that_exist() {
    let folder = Folder::new();
    let good = folder.options(LABELS);
    let refused = |change: &dyn Fn(&mut WindowsOptions)| {
        let mut options = good.clone();
        change(&mut options);
        folder.refused(&options)
    };
    insta::assert_snapshot!(refused(&|options| options.splits.valid = vec!["seven".into()]), @r#"chromosome "seven" of valid is not in the genome, which has one (24), two (16), three (16)"#);
    insta::assert_snapshot!(refused(&|options| options.splits.test = vec!["two".into()]), @r#"chromosome "two" is given for valid and for test: name each once"#);
    insta::assert_snapshot!(refused(&|options| options.splits.test.clear()), @"no chromosomes for test: name some of one (24), two (16), three (16), or split by share");
    insta::assert_snapshot!(refused(&|options| options.splits.valid = vec!["one".into(), "two".into()]), @"no rows in train: train has 0, valid 6 and test 2, and each needs some; chromosomes and regions decide the split; the genome has one (24), two (16), three (16)");
    insta::assert_snapshot!(refused(&|options| options.context = 400), @"rows of 804 bases (a bin and its context) fit into no chromosome: the genome has one (24), two (16), three (16); make bin or context smaller");
    insta::assert_snapshot!(refused(&|options| options.context = 7), @"no rows in valid and test: train has 2, valid 0 and test 0, and each needs some; chromosomes and regions decide the split; the genome has one (24), two (16), three (16)");
    insta::assert_snapshot!(refused(&|options| options.overlap = Overlap::Share(0.0)), @"an overlap of 0 of the shorter: give a number above 0 and at most 1");
    insta::assert_snapshot!(refused(&|options| options.min_positives = 100), @"no label has 100 positive rows, the commonest has 3: ask for fewer");
    insta::assert_snapshot!(refused(&|options| options.only_labels = vec!["w".into()]), @r#"no feature has the label "w"; the labels are x, y"#);
}

#[test]
fn what_is_wrong_with_a_genome_is_said_in_words() {
    let folder = Folder::new();
    let refused = |genome: &[u8]| {
        let options = folder.options(LABELS);
        folder.file("genome.fa", genome);
        folder.refused(&options)
    };
    insta::assert_snapshot!(refused(b">one\nACGT\n>one\nACGT\n"), @r#"genome.fa: chromosome "one" occurs twice: give each a name of its own"#);
    insta::assert_snapshot!(refused(b">one\nAC\nAC*T\n"), @"genome.fa, line 3: '*' is not a letter of a DNA sequence (A, C, G, T, N and the IUPAC letters are)");
    insta::assert_snapshot!(refused(b"\x01\x02random"), @r"genome.fa is not a genome: expected a .2bit file or FASTA text (plain, gzip or bgzip), whose first letter is '>', and it starts with '\x01'");
    insta::assert_snapshot!(refused(b""), @"genome.fa is not a genome: expected a .2bit file or FASTA text (plain, gzip or bgzip), whose first letter is '>', and it is empty");
    insta::assert_snapshot!(refused(b">\nACGT"), @"genome.fa, line 1: a heading without a name: expected '>' and the chromosome's name");
    insta::assert_snapshot!(refused(b"\x1f\x8b\x08\x00cut off"), @"cannot read genome.fa: its compressed data is damaged (corrupt deflate stream); copy or download it again");
}

#[test]
fn an_output_that_exists_is_kept_unless_overwriting_is_asked_for() {
    let folder = Folder::new();
    let options = folder.options(LABELS);
    folder.file("store", "something else");
    for overwrite in [false, true] {
        assert!(folder.refused(&WindowsOptions { overwrite, ..options.clone() }).contains("exists"));
    }
    assert_eq!(std::fs::read(folder.path("store")).unwrap(), b"something else");
    std::fs::remove_file(folder.path("store")).unwrap();
    imported(&options);
    assert!(folder.refused(&options).contains("exists"));
    imported(&WindowsOptions { overwrite: true, ..options });
}

#[test]
fn the_same_import_gives_the_same_bytes() {
    let folder = Folder::new();
    let options = folder.options(LABELS);
    imported(&options);
    let first = std::fs::read(&options.output).unwrap();
    imported(&WindowsOptions { overwrite: true, ..options.clone() });
    assert_eq!(std::fs::read(&options.output).unwrap(), first);
}

#[test]
fn cut_and_random_inputs_never_panic_and_leave_nothing() {
    let folder = Folder::new();
    let options = folder.options(LABELS);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(LABELS.as_bytes()).unwrap();
    let zipped = gzip.finish().unwrap();
    for length in 0..zipped.len() {
        folder.file("labels.bed", &zipped[..length]);
        folder.refused(&options);
    }
    for seed in 0..200_u8 {
        let noise: Vec<u8> = (0..300_u32)
            .map(|index| (index.wrapping_mul(2_654_435_761) >> 9).to_le_bytes()[0] ^ seed.wrapping_mul(31))
            .collect();
        folder.file("labels.bed", &noise);
        folder.refused(&options);
    }
}

/// `data/README.md` of the project's task: `DeepSEA`'s recipe on the whole yeast genome.
#[test]
fn the_whole_yeast_genome_gives_the_published_numbers() {
    let (Some(genome), Some(labels)) = (shared("R64-2-1.2bit"), shared("annotation.bed.gz")) else {
        return;
    };
    let folder = Folder::new();
    let options = WindowsOptions {
        splits: GenomeSplitOptions::named(vec!["chr7".into()], vec!["chr8".into(), "chr9".into()]),
        ..WindowsOptions::new(genome, vec![labels], folder.path("store"))
    };
    let (store, info) = imported(&options);
    assert_eq!((info.rows.train, info.rows.valid, info.rows.test), (49_831, 5_450, 5_004));
    let expected = [
        ("ARS", 579),
        ("CDS", 43_884),
        ("LTR", 574),
        ("divergent_promoter", 1_522),
        ("intergenic", 15_722),
        ("intron", 446),
        ("overlapping_ORFs", 357),
        ("promoter", 6_598),
        ("retrotransposon", 1_459),
        ("snoRNA", 92),
        ("start_codon", 5_910),
        ("stop_codon", 5_740),
        ("tRNA", 296),
        ("telomere", 632),
        ("terminator", 4_958),
    ];
    let found: Vec<(&str, u64)> = info
        .shape
        .labels
        .iter()
        .enumerate()
        .map(|(label, name)| {
            let of = |split| info.positives.get(split)[label];
            (name.as_str(), Split::ALL.into_iter().map(of).sum())
        })
        .collect();
    assert_eq!(found, expected);
    store.verify(&mut |_| {}).unwrap();
}

/// The example that ships with the project.
#[test]
fn the_example_genome_gives_its_numbers() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data");
    let folder = Folder::new();
    let options = WindowsOptions {
        splits: GenomeSplitOptions::named(vec!["chr9".into()], vec!["chr8".into()]),
        ..WindowsOptions::new(
            examples.join("mini.2bit"),
            vec![examples.join("mini_annotation.bed.gz")],
            folder.path("store"),
        )
    };
    let (_, info) = imported(&options);
    insta::assert_snapshot!(info.to_string(), @r#"
    multi-label: 1000 bases a row, 15 labels, 11,956 rows
      from mini.2bit (599,269 bytes, sha256 dba06a760080d26a…)
      from mini_annotation.bed.gz (43,088 bytes, sha256 9198897c827f5bce…)
      by data import windows: bin 200, context 400, keep all, label-from auto, max-unknown 1, min-positives 0, only-labels all, overlap 0.5 of the shorter, step 200, test chr8, train the rest, valid chr9, widen 0
      read 6 chromosomes
      read 7,507 features
      dropped 24 bins whose row would leave the chromosome
      no sequence and no base of a genome is in two splits
      digest aa434b74508a475c6d21071616b31e4cd61767dae4da7738e4eb58bf96129882

                              train        valid         test
    rows                      6,952        2,195        2,809
    with unknown bases            0            0            0
    ARS                         104           29           27
    CDS                       4,706        1,583        2,023
    LTR                         109           16           32
    divergent_promoter          155           56           69
    intergenic                2,122          586          750
    intron                       45           18           30
    overlapping_ORFs             52            1           15
    promoter                    712          248          327
    retrotransposon             164           27           61
    snoRNA                       10            1            2
    start_codon                 667          213          286
    stop_codon                  649          205          280
    tRNA                         48           10           11
    telomere                     99           39           56
    terminator                  553          175          247
    "#);
}
