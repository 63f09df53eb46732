//! The words of k bases that a [`KmerSpectrum`](super::Op::KmerSpectrum) counts, and their order.

/// The longest word that is counted: 4^8 are 65,536 words.
pub(super) const LONGEST: usize = 8;

/// How many words of `k` bases there are; `None` where that is not between 1 and 8.
pub(super) fn count(k: usize, both_strands: bool) -> Option<usize> {
    if k == 0 || k > LONGEST {
        return None;
    }
    let all = 1_usize << (2 * k);
    let own_complement = if k.is_multiple_of(2) { 1 << k } else { 0 };
    Some(if both_strands { usize::midpoint(all, own_complement) } else { all })
}

/// The place in the spectrum of each word of `k` bases, A, C, G and T as digits 0 to 3 of a number with the first base in
/// front. With both strands a word and its reverse complement have one place. Empty where k is not between 1 and 8.
pub fn places(k: usize, both_strands: bool) -> Vec<usize> {
    if count(k, both_strands).is_none() {
        return Vec::new();
    }
    let words = 1_usize << (2 * k);
    let mut places: Vec<usize> = Vec::with_capacity(words);
    let mut next = 0;
    for word in 0..words {
        let other = if both_strands { reverse_complement(word, k) } else { word };
        // The earlier word of a pair has its place by now.
        let place = places.get(other).copied().filter(|_| other < word);
        places.push(place.unwrap_or(next));
        next += usize::from(place.is_none());
    }
    places
}

fn reverse_complement(word: usize, k: usize) -> usize {
    (0..k).fold(0, |other, at| (other << 2) | (3 - ((word >> (2 * at)) & 3)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_a_spectrum_is_that_of_a_word_or_of_a_word_and_its_reverse_complement() {
        for k in 1..=LONGEST {
            for both_strands in [false, true] {
                let places = places(k, both_strands);
                let mut words = vec![0; count(k, both_strands).unwrap()];
                for &place in &places {
                    words[place] += 1;
                }
                let most = if both_strands { 2 } else { 1 };
                assert!(words.iter().all(|words| (1..=most).contains(words)), "{k} {both_strands}");
                let paired = |word: usize| places[word] == places[reverse_complement(word, k)];
                assert_eq!((0..places.len()).all(paired), both_strands);
            }
        }
        // AA AC AG AT CA CC CG [CT = AG] GA GC [GG = CC] [GT = AC] TA [TC = GA] [TG = CA] [TT = AA]
        assert_eq!(places(2, true), [0, 1, 2, 3, 4, 5, 6, 2, 7, 8, 5, 1, 9, 7, 4, 0]);
        assert!(places(0, true).is_empty() && places(9, false).is_empty());
    }
}
