//! The fields that an annotated VCF file has of a model.

use genomenas_data::Task;
use genomenas_data::error::{Error, Result};
use genomenas_data::text::printable;

use super::effects::Effect;
use super::windows::Skip;

/// What the names of all fields begin with.
const PREFIX: &str = "GENOMENAS_";

/// The fields of the chosen labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The name of each label, and what its fields are called.
    labels: Vec<(String, String)>,
    task: Task,
}

impl Annotation {
    /// The fields of these labels. `header` is that of the file.
    ///
    /// # Errors
    ///
    /// The file has such fields already.
    pub fn new(labels: &[String], task: Task, header: &[String]) -> Result<Self> {
        if header.iter().any(|line| line.starts_with(&format!("##INFO=<ID={PREFIX}"))) {
            return Err(Error::input(format!(
                "the variants have fields {PREFIX}… already: annotate the file that was annotated, or remove them with \
                 bcftools annotate -x"
            )));
        }
        let mut named: Vec<(String, String)> = Vec::with_capacity(labels.len());
        for label in labels {
            let plain: String =
                label.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
            let taken = |key: &String| named.iter().any(|(_, other)| other == key);
            let numbered = (2..).map(|number| format!("{plain}_{number}"));
            let key = std::iter::once(plain.clone()).chain(numbered).find(|key| !taken(key)).unwrap_or(plain);
            named.push((label.clone(), key));
        }
        Ok(Self { labels: named, task })
    }

    /// The lines of the header that describe the fields.
    pub fn header(&self) -> Vec<String> {
        let line = |id: String, kind: &str, description: String| {
            format!("##INFO=<ID={PREFIX}{id},Number=A,Type={kind},Description=\"{description}\">")
        };
        let mut lines = Vec::new();
        for (label, key) in &self.labels {
            let label = printable(label).replace('\\', "\\\\").replace('"', "\\\"");
            let what = format!("Prediction of {label} for the alternative allele less that for the reference");
            lines.push(line(format!("DIFF_{key}"), "Float", what));
            if !self.task.is_regression() {
                let what = format!("Log odds of {label} for the alternative allele less those for the reference");
                lines.push(line(format!("LOGODDS_{key}"), "Float", what));
            }
        }
        lines.push(line("SKIPPED".to_owned(), "String", "Why an allele has no prediction".to_owned()));
        lines
    }

    /// The fields of a line: the effects of each alternative allele on the labels, or why it has none.
    pub fn fields(&self, alleles: &[Result<Vec<Effect>, Skip>]) -> Vec<(String, String)> {
        if alleles.is_empty() {
            return Vec::new();
        }
        let mut fields = Vec::new();
        let each = |of: &dyn Fn(&[Effect]) -> Option<f32>| {
            let values = alleles.iter().map(|allele| allele.as_ref().ok().and_then(|effects| of(effects)));
            let texts = values.map(|value| value.map_or_else(|| ".".to_owned(), |value| value.to_string()));
            texts.collect::<Vec<_>>().join(",")
        };
        if alleles.iter().any(Result::is_ok) {
            for (at, (_, key)) in self.labels.iter().enumerate() {
                let effect = |effects: &[Effect]| effects.get(at).copied();
                let difference = each(&|effects| effect(effects).map(Effect::difference));
                fields.push((format!("{PREFIX}DIFF_{key}"), difference));
                if !self.task.is_regression() {
                    let log_odds = each(&|effects| effect(effects)?.log_odds_difference(self.task));
                    fields.push((format!("{PREFIX}LOGODDS_{key}"), log_odds));
                }
            }
        }
        if alleles.iter().any(Result::is_err) {
            let reasons = alleles.iter().map(|allele| allele.as_ref().err().map_or(".", |skip| skip.name()));
            fields.push((format!("{PREFIX}SKIPPED"), reasons.collect::<Vec<_>>().join(",")));
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotation(labels: &[&str], task: Task) -> Annotation {
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        Annotation::new(&labels, task, &[]).unwrap()
    }

    #[test]
    fn fields_have_a_value_an_allele_and_a_dot_where_there_is_none() {
        let effect = Effect { reference: 0.5, alternative: 0.75 };
        let fields = annotation(&["a b", "a-b"], Task::Regression).fields(&[Ok(vec![effect; 2]), Err(Skip::Spanning)]);
        let shown: Vec<String> = fields.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(
            shown,
            ["GENOMENAS_DIFF_a_b=0.25,.", "GENOMENAS_DIFF_a_b_2=0.25,.", "GENOMENAS_SKIPPED=.,spanning_allele"]
        );
        assert!(annotation(&["a"], Task::MultiLabel).fields(&[]).is_empty());
    }

    #[test]
    fn the_header_describes_each_field_and_a_file_is_annotated_once() {
        let header = annotation(&["the \"best\""], Task::MultiLabel).header();
        assert_eq!(header.len(), 3);
        assert!(header[1].starts_with("##INFO=<ID=GENOMENAS_LOGODDS_the__best_,Number=A,Type=Float,Description="));
        assert!(header[0].contains("Prediction of the \\\"best\\\" for"), "{}", header[0]);
        let error = Annotation::new(&["a".to_owned()], Task::MultiLabel, &header).unwrap_err().to_string();
        assert!(error.contains("already"), "{error}");
    }
}
