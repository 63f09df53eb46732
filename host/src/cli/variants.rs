//! `genomenas variants`: what variants change of the predictions of a trained network.

use std::path::PathBuf;

use clap::Args;
use genomenas_data::error::{Error, Result};
use genomenas_data::files::Existing;
use genomenas_data::inputs::Reference;
use genomenas_data::text::grouped;
use genomenas_data::variants::{VariantFile, VariantWriter};
use genomenas_report::streamed::{TableFile, TableWriter};

use super::options::MachineOptions;
use super::predict::{averages_strands, expect_free, expect_free_path, open_scorer};
use super::progress::ImportProgress;
use super::{out, threads};
use crate::model::Model;
use crate::predict::Outputs;
use crate::run::trainer::Trainer;
use crate::variants::{Annotation, Scored, ScoringVariants, columns};

/// Writes what variants change of the predictions of a trained network: reference against alternative allele
#[derive(Args, Debug)]
#[command(
    after_help = "Substitutions, insertions, deletions and lines of several alleles are scored, each alternative allele by itself. The\n\
window of the reference is centred on its allele; an alternative has the same bases before it, and behind it those that\n\
follow in the genome. The table (--out) has a row an allele and label: both predictions, their difference (alternative\n\
less reference) and, of labels and classes, the difference of their log odds. The annotated file (--vcf-out) has the\n\
differences as GENOMENAS_DIFF_LABEL and GENOMENAS_LOGODDS_LABEL, a value an allele.\n\n\
Nothing is guessed: alleles that do not match the genome, symbolic, spanning and ambiguous ones, those that are too long\n\
for the window and those whose window would leave the chromosome are skipped, counted, and named with the reason.\n\n\
Examples:\n  \
genomenas variants trained --vcf calls.vcf.gz --genome hg38.2bit --out effects.parquet\n  \
genomenas variants exported --vcf calls.bcf --genome hg38.fa.gz --labels CTCF --vcf-out annotated.vcf.gz"
)]
pub(crate) struct VariantsArgs {
    /// The folder of a run that is over, or one that `genomenas export` wrote
    model: PathBuf,
    /// The variants: VCF, plain, gzip or bgzip, or BCF
    #[arg(long, value_name = "FILE")]
    vcf: PathBuf,
    /// The genome of the variants: .2bit or FASTA, plain, gzip or bgzip
    #[arg(long, value_name = "FILE")]
    genome: PathBuf,
    /// The table to write: TSV or Parquet, by its ending
    #[arg(short, long, value_name = "FILE.tsv|FILE.parquet", required_unless_present = "vcf_out")]
    out: Option<TableFile>,
    /// The annotated VCF file to write; compressed by blocks where its name ends in .gz
    #[arg(long, value_name = "FILE.vcf|FILE.vcf.gz", value_parser = vcf_path)]
    vcf_out: Option<PathBuf>,
    /// Replaces outputs that are there already
    #[arg(long)]
    overwrite: bool,
    /// The labels to write, separated by commas [default: all]
    #[arg(long, value_name = "LABEL,…", value_delimiter = ',')]
    labels: Vec<String>,
    /// Predicts the mean of the predictions for both strands of a window [default: true where windows have two strands]
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    average_strands: Option<bool>,
    /// Where the data of the run are now, if they were moved
    #[arg(long, value_name = "STORE")]
    data: Option<PathBuf>,
    /// Windows a batch
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    batch: u32,
    #[command(flatten)]
    machine: MachineOptions,
}

fn vcf_path(text: &str) -> Result<PathBuf> {
    let lower = text.to_ascii_lowercase();
    if [".vcf", ".vcf.gz"].iter().any(|ending| lower.ends_with(ending)) {
        return Ok(text.into());
    }
    Err(Error::input(format!("{text:?} ends neither in .vcf nor in .vcf.gz, so it is unclear how to write it")))
}

pub(crate) fn run(args: &VariantsArgs, trainer: Option<&dyn Trainer>) -> Result<()> {
    let threads = args.machine.threads_or(None);
    let trainer = threads::ensure(threads, trainer)?;
    let existing = if args.overwrite { Existing::Replaced } else { Existing::Refused };
    args.out.iter().try_for_each(|file| expect_free(file, existing))?;
    args.vcf_out.iter().try_for_each(|path| expect_free_path(path, existing))?;
    let model = Model::open(&args.model, args.data.as_deref())?;
    let outputs = Outputs::new(&model.about.labels, &args.labels)?;
    let both = args.average_strands.unwrap_or(model.about.no_other_strand().is_none());
    let average_strands = averages_strands(&model, Some(both))?;
    let mut variants = VariantFile::open(&args.vcf)?;
    let annotation = match &args.vcf_out {
        Some(_) => Some(annotation(&model, &outputs, &variants)?),
        None => None,
    };
    let mut progress = ImportProgress::new();
    let mut genome = Reference::open(&args.genome, &mut |news| progress.news(news))?;
    let mut scorer = open_scorer(trainer, &model, args.batch, &args.machine, average_strands)?;
    let table = args.out.as_ref().map(|file| TableWriter::create(file, columns(), existing)).transpose()?;
    let annotated = match (&args.vcf_out, annotation) {
        (Some(path), Some(annotation)) => {
            let writer = VariantWriter::create(path, variants.header(), &annotation.header(), existing)?;
            Some((writer, annotation))
        }
        _ => None,
    };
    let scored = ScoringVariants {
        scorer: scorer.as_mut(),
        outputs: &outputs,
        task: model.about.task,
        length: model.about.length,
        batch: args.batch as usize,
        genome: &mut genome,
        table,
        annotated,
    }
    .score(&mut variants, &mut |news| progress.news(news))?;
    drop(progress);
    tell(&scored);
    let files = args.out.iter().map(TableFile::path).chain(args.vcf_out.as_deref());
    let files: Vec<_> = files.map(|path| path.display().to_string()).collect();
    let (alleles, variants) = (grouped(scored.alleles), grouped(scored.variants));
    out::line(&format!("{alleles} alleles of {variants} variants scored, in {}", files.join(" and ")))
}

fn annotation(model: &Model, outputs: &Outputs, variants: &VariantFile) -> Result<Annotation> {
    let labels: Vec<String> = outputs.chosen().iter().map(|(_, name)| name.clone()).collect();
    Annotation::new(&labels, model.about.task, variants.header())
}

/// Says how many alleles were skipped, and why.
fn tell(scored: &Scored) {
    for (skip, (count, first)) in &scored.skipped {
        log::warn!("{} alleles {} were skipped (the first: {first})", grouped(*count), skip.words());
    }
    if scored.variants > 0 && scored.alleles == 0 {
        log::warn!("no allele was scored: are these variants of another genome?");
    }
}
