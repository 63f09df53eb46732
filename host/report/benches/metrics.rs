//! How fast the metrics of a split are, against scikit-learn on the same scores and as many cores.
//!
//! ```text
//! cargo bench -p genomenas-report --bench metrics                          24 labels × 455,024 rows, both sides in turn
//! cargo bench -p genomenas-report --bench metrics -- --labels 919 --alone  the DeepSEA test split, ours alone
//! ```
//!
//! Ours is timed from the first batch of scores, row by row as a network gives them, to the last metric; scikit-learn is
//! given each label's scores and truth side by side. Both measure AUROC, AUPRC, F1 and MCC of every label, and must
//! agree on them. `PYTHON` names a Python with scikit-learn (`pip install scikit-learn`); `python3` where absent.

#![allow(clippy::print_stdout, reason = "a benchmark says what it measured")]

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use genomenas_report::metrics::{Collector, Measure, MetricOptions, Metrics};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Rows a batch, as an evaluation has them.
const BATCH: usize = 256;

struct Size {
    rows: usize,
    labels: usize,
    repeats: usize,
    threads: usize,
    alone: bool,
}

fn main() -> Result<()> {
    let size = Size::from_arguments()?;
    let Size { rows, labels, repeats, threads, alone } = size;
    println!("{rows} rows × {labels} labels, {threads} threads or processes, {repeats} repeats");
    if alone {
        let mut seconds: Vec<f64> =
            (0..repeats).map(|_| ours(&size).map(|(took, _)| took.as_secs_f64())).collect::<Result<_>>()?;
        println!("genomenas: median {:.2} s, peak memory {}", median(&mut seconds), peak_memory());
        return Ok(());
    }
    let mut other = Other::start(&size)?;
    let (mut own, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for repeat in 1..=repeats {
        let (took, metrics) = ours(&size)?;
        let said = other.measure()?;
        expect_agreement(&metrics, &said[1..])?;
        let (took, their) = (took.as_secs_f64(), said[0]);
        println!("repeat {repeat}: genomenas {took:.3} s, scikit-learn {their:.3} s, ratio {:.1}", their / took);
        own.push(took);
        theirs.push(their);
        ratios.push(their / took);
    }
    println!("medians: genomenas {:.3} s, scikit-learn {:.3} s", median(&mut own), median(&mut theirs));
    println!("median of ratios: {:.1} times as fast", median(&mut ratios));
    Ok(())
}

impl Size {
    fn from_arguments() -> Result<Self> {
        let mut size = Self { rows: 455_024, labels: 24, repeats: 5, threads: 2, alone: false };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let number = match argument.as_str() {
                // What `cargo bench` itself adds.
                "--bench" => continue,
                "--alone" => {
                    size.alone = true;
                    continue;
                }
                "--rows" => &mut size.rows,
                "--labels" => &mut size.labels,
                "--repeats" => &mut size.repeats,
                "--threads" => &mut size.threads,
                other => {
                    return Err(format!(
                        "unknown argument {other}: expected --rows, --labels, --repeats, --threads or --alone"
                    )
                    .into());
                }
            };
            *number =
                arguments.next().and_then(|text| text.parse().ok()).ok_or(format!("{argument} needs a number"))?;
        }
        Ok(size)
    }
}

/// The score and the truth of a row and label: about 2 of 100 rows have a label, and they score higher as a rule.
fn made_up(row: usize, label: usize) -> (f32, bool) {
    // Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014): the mixing of splitmix64.
    let mut bits = ((row as u64) << 20 | label as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    let has = bits % 1000 < 5 + label as u64 % 31;
    let noise = (bits >> 40) as f32 / (1 << 24) as f32;
    // Each label has its own share of certain scores, so that F1 and MCC are not 0.
    (if has { noise.sqrt() } else { noise.powi(4) }, has)
}

/// Measures once; the making of the scores is not timed.
fn ours(size: &Size) -> Result<(Duration, Metrics)> {
    let Size { rows, labels, threads, .. } = *size;
    let names: Vec<String> = (0..labels).map(|label| label.to_string()).collect();
    let begin = Instant::now();
    let mut collector = Collector::new(labels, rows)?;
    let mut took = begin.elapsed();
    for first in (0..rows).step_by(BATCH) {
        let batch =
            (first..(first + BATCH).min(rows)).flat_map(|row| (0..labels).map(move |label| made_up(row, label)));
        let (scores, truth): (Vec<f32>, Vec<f32>) = batch.map(|(score, has)| (score, f32::from(u8::from(has)))).unzip();
        let begin = Instant::now();
        collector.push(&scores, &truth)?;
        took += begin.elapsed();
    }
    let begin = Instant::now();
    let metrics = collector.finish(&MetricOptions { threads, ..MetricOptions::of(&names) })?;
    Ok((took + begin.elapsed(), metrics))
}

/// scikit-learn in a process of its own.
struct Other {
    process: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
    _scores: tempfile::NamedTempFile,
}

impl Other {
    fn start(size: &Size) -> Result<Self> {
        let mut file = tempfile::NamedTempFile::new()?;
        let mut write = std::io::BufWriter::new(file.as_file_mut());
        for label in 0..size.labels {
            for row in 0..size.rows {
                write.write_all(&made_up(row, label).0.to_le_bytes())?;
            }
        }
        for label in 0..size.labels {
            for row in 0..size.rows {
                write.write_all(&[u8::from(made_up(row, label).1)])?;
            }
        }
        write.flush()?;
        drop(write);
        let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let mut process = Command::new(&python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/metrics.py"))
            .arg(file.path())
            .args([size.rows, size.labels, size.threads].map(|number| number.to_string()))
            // One thread a process, as ours has.
            .env("OMP_NUM_THREADS", "1")
            .env("OPENBLAS_NUM_THREADS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{python} does not start ({error}): set PYTHON to a Python with scikit-learn"))?;
        let asks = process.stdin.take().ok_or("no standard input")?;
        let answers = BufReader::new(process.stdout.take().ok_or("no standard output")?);
        let mut other = Self { process, asks, answers, _scores: file };
        if other.line()?.trim() != "ready" {
            return Err(
                format!("{python} has no scikit-learn: `{python} -m pip install scikit-learn`, or set PYTHON").into()
            );
        }
        Ok(other)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line)
    }

    /// Seconds, and the sums over labels.
    fn measure(&mut self) -> Result<[f64; 5]> {
        writeln!(self.asks)?;
        self.asks.flush()?;
        let line = self.line()?;
        let numbers: Vec<f64> = line.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
        <[f64; 5]>::try_from(numbers).map_err(|_| format!("scikit-learn answered {line:?}").into())
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It ends by itself when its input closes; a failure here changes no number.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn expect_agreement(metrics: &Metrics, said: &[f64]) -> Result<()> {
    for (measure, said) in [Measure::Auroc, Measure::Auprc, Measure::F1, Measure::Mcc].into_iter().zip(said) {
        let sum: f64 = metrics.labels.iter().filter_map(|label| label.get(measure)).sum();
        if (sum - said).abs() > 1e-9 * metrics.labels.len() as f64 {
            return Err(format!("{}: genomenas says {sum} over all labels, scikit-learn {said}", measure.name()).into());
        }
    }
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = |at: usize| values.get(at).copied().unwrap_or(f64::NAN);
    f64::midpoint(middle(values.len().saturating_sub(1) / 2), middle(values.len() / 2))
}

/// The most memory that this process has had resident.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .map_or_else(|| "unknown".to_owned(), |peak| peak.trim().to_owned())
}
