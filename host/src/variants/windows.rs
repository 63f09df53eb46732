//! The windows of a variant: the genome as it is, and with each alternative allele in the place of the reference one.
//!
//! The window of the reference is centred on the reference allele. An alternative allele has the same bases before it; behind
//! it stand those that follow the reference allele in the genome, so many that the window is full again: more of them behind
//! a deletion, fewer behind an insertion. So both windows are those of two edited sequences that begin at the same base.

use genomenas_data::bases::Packed;
use genomenas_data::error::Result;
use genomenas_data::inputs::Reference;
use genomenas_data::variants::VariantRow;

/// Why an allele has no prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// The genome has no such chromosome.
    Chromosome,
    /// The place is not in the chromosome.
    Place,
    /// The reference allele is not what the genome has there.
    Reference,
    /// The window of the reference, or that of the alternative, would leave the chromosome.
    Leaves,
    /// The allele does not fit into the window.
    Long,
    /// The alternative allele is symbolic, a breakend or missing, so that nobody knows its bases.
    Symbolic,
    /// The alternative allele is one that another variant deletes.
    Spanning,
    /// The alternative allele holds letters other than A, C, G and T.
    Letters,
    /// The alternative allele is the reference allele.
    Same,
}

impl Skip {
    /// The reason as it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromosome => "unknown_chromosome",
            Self::Place => "outside_chromosome",
            Self::Reference => "reference_mismatch",
            Self::Leaves => "window_leaves_chromosome",
            Self::Long => "allele_too_long",
            Self::Symbolic => "symbolic_allele",
            Self::Spanning => "spanning_allele",
            Self::Letters => "ambiguous_allele",
            Self::Same => "same_as_reference",
        }
    }

    /// The reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Chromosome => "on a chromosome that the genome does not have",
            Self::Place => "at a place outside of the chromosome",
            Self::Reference => "whose reference allele is not what the genome has there",
            Self::Leaves => "whose window would leave the chromosome",
            Self::Long => "that do not fit into the window of the model",
            Self::Symbolic => "that are symbolic, a breakend or missing",
            Self::Spanning => "that another variant deletes (*)",
            Self::Letters => "with letters other than A, C, G and T",
            Self::Same => "that are the reference allele",
        }
    }
}

/// The windows of a line of a VCF file.
#[derive(Clone, Debug)]
pub struct Windows {
    /// That of the genome as it is; absent where no alternative is predicted for.
    pub reference: Option<Packed>,
    /// That of each alternative allele, or why there is none.
    pub alternatives: Vec<Result<Packed, Skip>>,
}

/// The windows of a line, of `length` bases each.
///
/// # Errors
///
/// The genome cannot be read.
pub fn windows(row: &VariantRow, genome: &mut Reference, length: usize) -> Result<Windows> {
    let all = |skip: Skip| Windows { reference: None, alternatives: vec![Err(skip); row.alternatives.len()] };
    let Some((chromosome, bases)) = genome.find(&row.chromosome) else { return Ok(all(Skip::Chromosome)) };
    let allele = row.reference.len();
    let inside = row.position.checked_sub(1).filter(|first| first.saturating_add(allele as u64) <= bases);
    let Some(first) = inside else { return Ok(all(Skip::Place)) };
    // However long an allele is that lies in the chromosome, the genome is compared with it: a wrong one is told first.
    let there = genome.bases(chromosome, first, allele)?;
    if Packed::from_letters(row.reference.as_bytes()) != Ok(there) {
        return Ok(all(Skip::Reference));
    }
    if allele > length {
        return Ok(all(Skip::Long));
    }
    let before = length / 2 - allele / 2;
    let start = first.checked_sub(before as u64).filter(|start| start.saturating_add(length as u64) <= bases);
    let Some(start) = start else { return Ok(all(Skip::Leaves)) };
    let around = Around { chromosome, bases, start, before, allele, length };
    let mut alternatives = Vec::with_capacity(row.alternatives.len());
    for alternative in &row.alternatives {
        alternatives.push(match known(alternative, &row.reference) {
            Ok(packed) => around.window(alternative.as_bytes(), &packed, genome)?,
            Err(skip) => Err(skip),
        });
    }
    let any = alternatives.iter().any(Result::is_ok);
    let reference = if any { Some(genome.bases(chromosome, start, length)?) } else { None };
    Ok(Windows { reference, alternatives })
}

/// Where a window lies, and the reference allele in it.
struct Around {
    chromosome: usize,
    bases: u64,
    start: u64,
    before: usize,
    allele: usize,
    length: usize,
}

impl Around {
    /// The window with another allele in the place of the reference one.
    fn window(&self, letters: &[u8], allele: &Packed, genome: &mut Reference) -> Result<Result<Packed, Skip>> {
        let Some(after) = self.length.checked_sub(self.before + letters.len()) else { return Ok(Err(Skip::Long)) };
        let next = self.start + (self.before + self.allele) as u64;
        if next + after as u64 > self.bases {
            return Ok(Err(Skip::Leaves));
        }
        let before = genome.bases(self.chromosome, self.start, self.before)?;
        let after = genome.bases(self.chromosome, next, after)?;
        Ok(Ok(Packed::joined([&before, allele, &after])))
    }
}

/// The bases of an alternative allele.
fn known(alternative: &str, reference: &str) -> Result<Packed, Skip> {
    if alternative == "*" || alternative == "<*:DEL>" {
        return Err(Skip::Spanning);
    }
    // <DEL> and <NON_REF>; breakends as G]17:198982] and .TGCA; a missing allele.
    if alternative.is_empty() || alternative.contains(['<', '>', '[', ']', '.']) {
        return Err(Skip::Symbolic);
    }
    if alternative.eq_ignore_ascii_case(reference) {
        return Err(Skip::Same);
    }
    match Packed::from_letters(alternative.as_bytes()) {
        Ok(packed) if packed.unknown().is_none() => Ok(packed),
        _ => Err(Skip::Letters),
    }
}

#[cfg(test)]
mod tests {
    use genomenas_data::files::write_atomically;
    use genomenas_data::variants::VariantFile;

    use super::*;

    const GENOME: &str = ">one\nAACCGGTTacgtACGTTTGA\n>two\nACGNACGTAC\n";

    fn letters(packed: &Packed) -> String {
        (0..packed.len())
            .map(|at| {
                let unknown = packed.unknown().is_some_and(|mask| mask[at / 8] >> (at % 8) & 1 == 1);
                let code = packed.codes()[at / 4] >> (2 * (at % 4)) & 3;
                if unknown { 'N' } else { char::from(b"ACGT"[usize::from(code)]) }
            })
            .collect()
    }

    /// The window of the reference, and each alternative's or why it has none.
    fn of(site: &str) -> (String, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let [genome, vcf] = ["a.fa", "a.vcf"].map(|name| folder.path().join(name));
        write_atomically(&genome, GENOME.as_bytes()).unwrap();
        let site = site.split(' ').collect::<Vec<_>>();
        let [chromosome, position, reference, alternatives] = site.as_slice() else { panic!("{site:?}") };
        let header = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
        let line = format!("{header}{chromosome}\t{position}\t.\t{reference}\t{alternatives}\t.\t.\t.\n");
        write_atomically(&vcf, line.as_bytes()).unwrap();
        let row = VariantFile::open(&vcf).unwrap().next_row().unwrap().unwrap();
        let mut genome = Reference::open(&genome, &mut |_| {}).unwrap();
        let windows = windows(&row, &mut genome, 8).unwrap();
        let shown = |window: &Result<Packed, Skip>| window.as_ref().map_or_else(|skip| skip.name().into(), letters);
        (windows.reference.as_ref().map(letters).unwrap_or_default(), windows.alternatives.iter().map(shown).collect())
    }

    #[test]
    fn every_kind_of_allele_stands_in_the_window_of_the_genome() {
        // AACCGGTTACGTACGTTTGA
        let (reference, alternatives) = of("one 9 A c,AGG,T");
        assert_eq!(reference, "GGTTACGT");
        assert_eq!(alternatives, ["GGTTCCGT", "GGTTAGGC", "GGTTTCGT"]);
        let (reference, alternatives) = of("one 9 acg A,ACGT");
        assert_eq!((reference.as_str(), alternatives[0].as_str()), ("GTTACGTA", "GTTATACG"));
        assert_eq!(alternatives[1], "GTTACGTT");
    }

    #[test]
    fn alleles_that_nobody_can_place_are_skipped_with_the_reason() {
        for (site, reason) in [
            ("three 9 A C", "unknown_chromosome"),
            ("one 20 AC C", "outside_chromosome"),
            ("one 0 A C", "outside_chromosome"),
            ("one 9 G C", "reference_mismatch"),
            ("one 9 <X> C", "reference_mismatch"),
            ("one 3 C A", "window_leaves_chromosome"),
            ("one 18 T A", "window_leaves_chromosome"),
            ("one 15 GTT G", "window_leaves_chromosome"),
            ("one 9 A AAAAAA", "allele_too_long"),
            ("one 2 ACCGGTTAC A", "allele_too_long"),
            ("one 9 A <DEL>", "symbolic_allele"),
            ("one 9 A A]two:4]", "symbolic_allele"),
            ("one 9 A *", "spanning_allele"),
            ("one 9 A N", "ambiguous_allele"),
            ("one 9 A a", "same_as_reference"),
        ] {
            let (reference, alternatives) = of(site);
            assert_eq!((reference.as_str(), alternatives[0].as_str()), ("", reason), "{site}");
        }
        let (reference, alternatives) = of("one 9 A *,C");
        assert_eq!((reference.as_str(), alternatives), ("GGTTACGT", vec!["spanning_allele".into(), "GGTTCCGT".into()]));
        assert_eq!(of("two 5 A C"), ("ACGNACGT".to_owned(), vec!["ACGNCCGT".to_owned()]));
        assert!(of("one 9 A .").1.is_empty());
    }
}
