//! What is in two splits, directly under the headline, whose numbers it puts in doubt.

use genomenas_data::store::SplitLeakage;
use maud::{Markup, html};

use crate::humanize::capitalised;
use crate::model::DataSummary;

/// A paragraph each on what is in two splits and on what is similar in two; nothing where nothing is known to be.
pub(super) fn warning(data: &DataSummary) -> Markup {
    let (same, similar) = (data.of_each_run(SplitLeakage::same), data.of_each_run(SplitLeakage::similar));
    let first = |sentences: &[String]| capitalised(&sentences.join("; "));
    html! {
        @if !same.is_empty() {
            p.straddling { (first(&same)) ". Scores on such rows tell nothing of new data." }
        }
        @if !similar.is_empty() {
            p.straddling { (first(&similar)) ". Scores on such rows tell less of new data than others." }
        }
    }
}

/// What the terms say: what is in two splits, and what is not, as far as that is known.
pub(super) fn in_words(data: &DataSummary) -> String {
    match data.in_one_split() {
        None => "not known: an earlier version imported the data".to_owned(),
        Some(nothing) => data.straddles().into_iter().chain(nothing).collect::<Vec<_>>().join("; "),
    }
}

#[cfg(test)]
mod tests {
    use genomenas_data::store::{Pairs, SimilarPairs, SplitLeakage};

    use super::*;
    use crate::sample;

    #[test]
    fn what_is_similar_stands_beside_what_is_the_same_and_nothing_is_said_of_the_other_strand_of_one() {
        let mut data = sample::comparison().data;
        let (equal, near) = (103, 412);
        let rows = |test_in_train| Pairs { test_in_train, ..Pairs::default() };
        let mut found = SplitLeakage {
            equal_sequences: rows(equal),
            similar_sequences: Some(SimilarPairs { permille: 900, rows: rows(near) }),
            single_strand: true,
            ..SplitLeakage::default()
        };
        data.straddling = Some(found);
        insta::assert_snapshot!(warning(&data).into_string().replace("</p>", "</p>\n"), @r#"
<p class="straddling">103 of 4,120 test rows (2.5 %) repeat rows of train. Scores on such rows tell nothing of new data.</p>
<p class="straddling">412 of 4,120 test rows (10.0 %) are similar to rows of train (identity 0.9 or more). Scores on such rows tell less of new data than others.</p>
"#);
        found.equal_sequences = Pairs::default();
        data.straddling = Some(found);
        insta::assert_snapshot!(in_words(&data), @"412 of 4,120 test rows (10.0 %) are similar to rows of train (identity 0.9 or more); no sequence is in two splits; whether rows share bases of a genome is not known without their places");
    }
}
