//! Chromosomes and regions by name.

use std::collections::BTreeMap;

use super::map::{GenomeSplit, add};
use super::options::GenomeSplitOptions;
use crate::error::{Error, Result};
use crate::formats::genome::{ByName, Chromosome, lengths};
use crate::store::Split;
use crate::text::shortened;

/// A chromosome or region that the options name.
struct Claim<'a> {
    text: &'a str,
    split: Split,
    start: u64,
    end: u64,
}

/// Splits by name; `without_valid` where valid is not a name but a share of train, which is taken from it later.
pub(super) fn split(splits: &GenomeSplitOptions, genome: &ByName<'_>, without_valid: bool) -> Result<GenomeSplit> {
    let mut claims: BTreeMap<usize, Vec<Claim<'_>>> = BTreeMap::new();
    let chromosomes = genome.all();
    for (split, names) in [(Split::Train, &splits.train), (Split::Valid, &splits.valid), (Split::Test, &splits.test)] {
        if split == Split::Valid && without_valid {
            continue;
        }
        if names.is_empty() && split != Split::Train {
            return Err(Error::input(format!(
                "no chromosomes for {}: name some of {}, {}split by share",
                split.name(),
                lengths(chromosomes),
                if split == Split::Valid { "take a share of train for it (--valid 0.1), or " } else { "or " }
            )));
        }
        for text in names {
            let (chromosome, claim) = claim(text, split, genome)?;
            claims.entry(chromosome).or_default().push(claim);
        }
    }
    let rest = splits.train.is_empty().then_some(Split::Train);
    let mut all = Vec::with_capacity(chromosomes.len());
    for (index, chromosome) in chromosomes.iter().enumerate() {
        let mut stretches = Vec::new();
        let mut claims = claims.remove(&index).unwrap_or_default();
        // In the order they were given where they start together, as messages name them.
        claims.sort_by_key(|claim| claim.start);
        for pair in claims.windows(2) {
            if let [first, second] = pair
                && second.start < first.end
            {
                return Err(overlapping(first, second));
            }
        }
        for claim in &claims {
            add(&mut stretches, claim.start, rest);
            add(&mut stretches, claim.end, Some(claim.split));
        }
        add(&mut stretches, chromosome.length, rest);
        all.push(stretches);
    }
    Ok(GenomeSplit::new(all))
}

fn overlapping(first: &Claim<'_>, second: &Claim<'_>) -> Error {
    let splits = format!("for {} and for {}", first.split.name(), second.split.name());
    if first.text == second.text {
        let kind = if first.text.contains(':') { "region" } else { "chromosome" };
        return Error::input(format!("{kind} {:?} is given {splits}: name each once", first.text));
    }
    Error::input(format!(
        "{:?} and {:?} are given {splits} and share bases: each base can be in one split",
        first.text, second.text
    ))
}

/// A chromosome as a whole, or `NAME:START-END`, from 1 and with the last base, as genome browsers write it.
fn claim<'a>(text: &'a str, split: Split, genome: &ByName<'_>) -> Result<(usize, Claim<'a>)> {
    if let Some((index, chromosome)) = genome.get(text) {
        return Ok((index, Claim { text, split, start: 0, end: chromosome.length }));
    }
    let region = text.rsplit_once(':').and_then(|(name, places)| Some((name, places.split_once('-')?)));
    let name = region.map_or(text, |(name, _)| name);
    let Some((index, Chromosome { length, .. })) = genome.get(name) else {
        let number = name.trim().parse::<f64>().ok();
        let share = match number {
            Some(number) if number > 0.0 && number < 1.0 => {
                "; for shares of the genome give --valid-share and --test-share"
            }
            Some(_) if split == Split::Valid => "; for a share of train give a number above 0 and below 1",
            _ => "",
        };
        return Err(Error::input(format!(
            "chromosome {:?} of {} is not in the genome, which has {}{}",
            shortened(name),
            split.name(),
            genome.instead(name),
            share
        )));
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match region.and_then(|(_, (first, last))| Some((number(first)?, number(last)?))) {
        Some((first, last)) if first >= 1 && first <= last && last <= *length => {
            Ok((index, Claim { text, split, start: first - 1, end: last }))
        }
        _ => Err(Error::input(format!(
            "region {text:?} of {}: expected {name}:START-END with 1 <= START <= END <= {length}, counted from 1 and END included",
            split.name()
        ))),
    }
}
