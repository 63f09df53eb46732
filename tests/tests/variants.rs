//! What variants change of the predictions: against two edited sequences, and what is skipped or refused.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fmt::Write as _;
use std::fs;

use genomenas_tests::made_up::{genome, gzip, twobit};
use genomenas_tests::predictions::{Row, Trained, number, rows};
use genomenas_tests::{Outcome, listing};

const HEADER: &str =
    "##fileformat=VCFv4.3\n##contig=<ID=one>\n##contig=<ID=three>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

/// A base that is not this one.
fn another(base: char) -> char {
    if base == 'A' { 'C' } else { 'A' }
}

/// Lines of a substitution, an insertion, a deletion and three alleles at once, not sorted, and for each allele the two
/// sequences of 200 bases that it tells apart.
fn variants() -> (String, Vec<[String; 2]>) {
    let genome = genome();
    let (mut text, mut pairs) = (HEADER.to_owned(), Vec::new());
    for (chromosome, first, length) in [(0, 3000, 1), (2, 1500, 1), (0, 400, 5), (0, 5200, 3)] {
        let (name, sequence) = &genome[chromosome];
        let reference = &sequence[first..first + length];
        let base = another(reference.chars().next().unwrap());
        let alleles = [base.to_string(), format!("{reference}GATTACA"), format!("{base}{base}")];
        writeln!(text, "{name}\t{}\t.\t{reference}\t{}\t.\t.\t.", first + 1, alleles.join(",")).unwrap();
        for allele in alleles {
            let edited = format!("{}{allele}{}", &sequence[..first], &sequence[first + length..]);
            let start = first + length / 2 - 100;
            pairs.push([sequence, &edited].map(|whole| whole[start..start + 200].to_owned()));
        }
    }
    (text, pairs)
}

fn scored(trained: &Trained, arguments: &str) -> Vec<Row> {
    let out = trained.path("effects.tsv");
    Outcome::text(trained.command("variants", arguments).arg("--overwrite").arg("--out").arg(&out));
    rows(&out)
}

#[test]
fn effects_are_the_differences_of_the_predictions_for_two_edited_sequences() {
    let trained = Trained::new();
    let (text, pairs) = variants();
    let fasta = |side: usize| {
        let number = |(number, pair): (usize, &[String; 2])| format!(">{number}\n{}\n", pair[side]);
        pairs.iter().enumerate().map(number).collect::<String>()
    };
    trained.file("references.fa", fasta(0));
    trained.file("alternatives.fa", fasta(1));
    trained.file("a.vcf.gz", gzip(text.replace('\n', "\r\n").as_bytes()));
    trained.file("a.vcf", text);
    trained.file("genome.2bit", twobit(&genome()));
    let references = trained.predictions("--fasta @references.fa --average-strands");
    let alternatives = trained.predictions("--fasta @alternatives.fa --average-strands");
    for arguments in ["--vcf @a.vcf --genome @genome.fa", "--vcf @a.vcf.gz --genome @genome.2bit --batch 5"] {
        let effects = scored(&trained, arguments);
        assert_eq!(effects.len(), 2 * pairs.len(), "{arguments}");
        for (at, effect) in effects.iter().enumerate() {
            let label = &effect["label"];
            let [reference, alternative] = [&references, &alternatives].map(|rows| number(&rows[at / 2], label));
            let log_odds = |p: f64| (p / (1.0 - p)).ln();
            for (column, expected) in [
                ("reference_prediction", reference),
                ("alternative_prediction", alternative),
                ("difference", alternative - reference),
                ("log_odds_difference", log_odds(alternative) - log_odds(reference)),
            ] {
                let found = number(effect, column);
                assert!((found - expected).abs() < 2e-6, "{arguments}: {column} {found}, not {expected}: {effect:?}");
            }
        }
    }
}

#[test]
fn the_annotated_file_has_all_lines_with_a_value_an_allele() {
    let trained = Trained::new();
    let genome = genome();
    let base = &genome[0].1[999..1000];
    let other = another(base.chars().next().unwrap());
    let lines = format!(
        "one\t1000\trs7\t{base}\t{other},<DEL>,*\t50\tPASS\tDP=7\none\t1001\t.\t{}\t.\t.\t.\t.\n",
        &genome[0].1[1000..1001]
    );
    trained.file("a.vcf", format!("{HEADER}{lines}"));
    let arguments = "--vcf @a.vcf --genome @genome.fa --labels odd --vcf-out @out.vcf --out @out.tsv";
    let outcome = Outcome::of(&mut trained.command("variants", arguments));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("1 alleles that are symbolic"), "{outcome:?}");
    let text = fs::read_to_string(trained.path("out.vcf")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(text.contains("##INFO=<ID=GENOMENAS_DIFF_odd,Number=A,Type=Float,"), "{text}");
    let [first, second] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(first.starts_with(&format!("one\t1000\trs7\t{base}\t{other},<DEL>,*\t50\tPASS\tDP=7;GENOMENAS_DIFF_odd=")));
    assert!(first.ends_with(",.,.;GENOMENAS_SKIPPED=.,symbolic_allele,spanning_allele"), "{first}");
    assert!(second.ends_with("\t."), "{second}");
    let table = rows(&trained.path("out.tsv"));
    let skipped: Vec<&str> = table.iter().map(|row| row["skipped"].as_str()).collect();
    assert_eq!(skipped, ["", "symbolic_allele", "spanning_allele"]);
}

#[test]
fn alleles_that_cannot_be_placed_are_skipped_with_their_reason() {
    let trained = Trained::new();
    let one = &genome()[0].1;
    let wrong = another(one[999..1000].chars().next().unwrap()).to_string();
    let long = "A".repeat(10_000);
    let lines = [
        ("chr1", 1000, "A", "C", "unknown_chromosome"),
        ("one", 6001, "A", "C", "outside_chromosome"),
        ("one", 1000, wrong.as_str(), "N", "reference_mismatch"),
        ("one", 50, &one[49..50], "GATTACA", "window_leaves_chromosome"),
        ("one", 1000, &one[999..1000], long.as_str(), "allele_too_long"),
        ("one", 1000, &one[999..1000], "R", "ambiguous_allele"),
    ];
    let mut text = HEADER.to_owned();
    for (chromosome, position, reference, alternative, _) in &lines {
        writeln!(text, "{chromosome}\t{position}\t.\t{reference}\t{alternative}\t.\t.\t.").unwrap();
    }
    trained.file("a.vcf", text);
    let found: Vec<String> =
        scored(&trained, "--vcf @a.vcf --genome @genome.fa").iter().map(|row| row["skipped"].clone()).collect();
    assert_eq!(found, lines.map(|(.., reason)| reason.to_owned()));
}

#[test]
fn what_is_no_file_of_variants_or_would_be_lost_is_refused_and_leaves_nothing() {
    let trained = Trained::new();
    trained.file("bare.vcf", "one\t1000\t.\tA\tC\t.\t.\t.\n");
    trained.file("spaces.vcf", format!("{HEADER}one 1000 . A C . . .\n"));
    trained.file("empty.vcf", "");
    trained.file("a.vcf", HEADER);
    trained.file("there.vcf", "mine\n");
    let before = listing(&trained.path(""));
    for (arguments, said) in [
        (
            "--vcf @bare.vcf --genome @genome.fa --out @out.tsv",
            "bare.vcf, line 1: a VCF file begins with ##fileformat=VCF",
        ),
        ("--vcf @spaces.vcf --genome @genome.fa --out @out.tsv", "line 5: expected the 8 columns of VCF"),
        ("--vcf @empty.vcf --genome @genome.fa --out @out.tsv", "empty.vcf is empty"),
        ("--vcf @genome.fa --genome @genome.fa --out @out.tsv", "a VCF file begins with ##fileformat=VCF"),
        ("--vcf @a.vcf --genome @bare.vcf --out @out.tsv", "bare.vcf is not a genome"),
        ("--vcf @a.vcf --genome @genome.fa --vcf-out @there.vcf", "there.vcf exists"),
        ("--vcf @a.vcf --genome @genome.fa --vcf-out @out.bcf", "ends neither in .vcf nor in .vcf.gz"),
        ("--vcf @a.vcf --genome @genome.fa", "--out"),
        ("--vcf @a.vcf --genome @genome.fa --labels x --out @out.tsv", "the model has no label \"x\""),
    ] {
        let error = trained.refusal("variants", arguments);
        assert!(error.contains(said), "{arguments}: {error}");
    }
    assert_eq!(listing(&trained.path("")), before);
}
