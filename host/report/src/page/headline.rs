//! The first paragraph of a comparison's page: who is best, and the contrasts.

use maud::{Markup, html};

use crate::findings::{Judged, Part, Sentence, sentences};

/// The paragraph, a sentence after the other; the headline stands out.
pub(super) fn paragraph(judged: &Judged<'_>) -> Markup {
    let sentences = sentences(judged);
    let (first, others) = sentences.split_at(1.min(sentences.len()));
    html! {
        @for sentence in first { p.lead { (of(sentence)) } }
        @if !others.is_empty() {
            p.contrasts { @for (number, sentence) in others.iter().enumerate() { @if number > 0 { " " } (of(sentence)) } }
        }
    }
}

fn of(sentence: &Sentence) -> Markup {
    html! {
        @for part in &sentence.0 {
            @match part {
                Part::Plain(text) => { (text) }
                Part::Strong(text) => { strong { (text) } }
            }
        }
    }
}
