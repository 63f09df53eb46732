//! Windows at the places of a BED file in a genome.

use std::collections::BTreeMap;
use std::path::Path;

use super::fit::Fit;
use super::reference::Reference;
use super::window::{OnWindow, Window};
use crate::error::{Error, Result};
use crate::formats::bed as format;
use crate::formats::source::at;
use crate::progress::{OnProgress, Progress};
use crate::text::shortened;

/// Places without a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Windows that would leave their chromosome.
    pub leave: u64,
    /// The first of them, in words.
    pub first: Option<String>,
}

/// A line of the file.
struct Place {
    chromosome: usize,
    start: u64,
    end: u64,
    name: Option<String>,
    line: u64,
}

/// Calls `each` with the windows at the places of a BED file, chromosome by chromosome in the order in which the file first
/// names them, and within one in the order of the file. Windows that would leave their chromosome are skipped, and returned.
///
/// # Errors
///
/// A file cannot be read, or a place is not in the genome.
pub fn bed(
    path: &Path,
    reference: &mut Reference,
    fit: Fit,
    progress: OnProgress<'_>,
    each: OnWindow<'_>,
) -> Result<Skipped> {
    let (places, names) = read(path, reference)?;
    let length = usize::try_from(fit.length).unwrap_or(usize::MAX);
    let (mut skipped, total) = (Skipped::default(), places.len() as u64);
    for (place, done) in places.into_iter().zip(1..) {
        let Place { chromosome, start, end, name, line } = place;
        let called = names.get(&chromosome).cloned().unwrap_or_default();
        let bases = reference.length(chromosome).ok_or_else(|| Error::bug("a chromosome is gone"))?;
        let what = || format!("{}, line {line}: the place", path.display());
        for offset in fit.starts(end - start, &what)? {
            let first = start.checked_add_signed(offset).filter(|first| first.saturating_add(fit.length) <= bases);
            let Some(first) = first else {
                skipped.leave += 1;
                skipped.first.get_or_insert_with(|| format!("line {line}, {called}:{start}-{end}"));
                continue;
            };
            each(Window {
                name: name.clone(),
                chromosome: Some(called.clone()),
                start: first,
                end: first + fit.length,
                sequence: reference.bases(chromosome, first, length)?,
            })?;
        }
        progress(Progress { stage: "predicting", done, total: Some(total), unit: "places" });
    }
    Ok(skipped)
}

/// The places, sorted by chromosome, and the names of the chromosomes.
fn read(path: &Path, reference: &Reference) -> Result<(Vec<Place>, BTreeMap<usize, String>)> {
    let (mut places, mut order, mut known) = (Vec::new(), BTreeMap::new(), BTreeMap::<String, (usize, u64)>::new());
    format::read(path, &mut |line, _, interval| {
        let format::Interval { chromosome, start, end, name } = interval;
        let (index, bases) = if let Some(found) = known.get(chromosome) {
            *found
        } else {
            let found = reference.find(chromosome).ok_or_else(|| {
                let what = format!(
                    "the genome has no chromosome {:?}: it has {}",
                    shortened(chromosome),
                    reference.instead(chromosome)
                );
                at(path, line, what)
            })?;
            order.insert(found.0, known.len());
            known.insert(chromosome.to_owned(), found);
            found
        };
        let (Ok(start), Ok(end)) = (u64::try_from(start), u64::try_from(end)) else {
            return Err(at(path, line, format!("start {start} lies before the chromosome")));
        };
        if end > bases {
            let what = format!(
                "{chromosome}:{start}-{end} ends behind the end of {chromosome}, which has {bases} bases: are these places of \
                 another genome?"
            );
            return Err(at(path, line, what));
        }
        places.push(Place { chromosome: index, start, end, name: name.map(str::to_owned), line });
        Ok(())
    })?;
    if places.is_empty() {
        return Err(Error::input(format!("{} holds no places: expected a line of BED for each", path.display())));
    }
    places.sort_by_key(|place: &Place| order.get(&place.chromosome).copied());
    Ok((places, known.into_iter().map(|(name, (index, _))| (index, name)).collect()))
}
