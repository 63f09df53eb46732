//! The values of event files: numbers, histograms, and what the plugin of hyper-parameters reads.

use std::collections::BTreeMap;

use prost::Message as _;

use super::super::details::OptionPoint;
use super::messages::{
    HParams, HParamsData, Histogram, JsonKind, JsonValue, Measured, PluginData, SessionEnd, SessionStart,
    SummaryMetadata, SummaryValue,
};
use crate::model::{Comparison, Entry, RunState, RunSummary};

/// A number; half of its digits are lost, because `TensorBoard` keeps 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "an event file holds floats of 32 bits")]
pub(super) fn scalar(tag: &str, value: f64) -> SummaryValue {
    SummaryValue { tag: tag.to_owned(), measured: Some(Measured::Scalar(value as f32)), metadata: None }
}

/// The probabilities of the options of a decision, which all points are of.
pub(super) fn histogram(points: &[OptionPoint]) -> SummaryValue {
    /// Probabilities lie between 0 and 1.
    const BUCKETS: usize = 30;
    let values = || points.iter().map(|point| point.probability).filter(|value| value.is_finite());
    let mut bucket = vec![0.0; BUCKETS];
    for value in values() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates, and is cut off")]
        let at = ((value * BUCKETS as f64).ceil() as usize).saturating_sub(1).min(BUCKETS - 1);
        if let Some(count) = bucket.get_mut(at) {
            *count += 1.0;
        }
    }
    let histogram = Histogram {
        min: values().fold(1.0, f64::min),
        max: values().fold(0.0, f64::max),
        num: values().count() as f64,
        sum: values().sum(),
        sum_squares: values().map(|value| value * value).sum(),
        bucket_limit: (1..=BUCKETS).map(|at| at as f64 / BUCKETS as f64).collect(),
        bucket,
    };
    let decision = points.first().map_or("", |point| point.decision.as_str());
    SummaryValue {
        tag: format!("probabilities/{decision}"),
        measured: Some(Measured::Histogram(histogram)),
        metadata: None,
    }
}

/// That a run began, with what makes it differ from others: strategy, parameters, seed, and settings.
pub(super) fn started(comparison: &Comparison, entry: &Entry, run: &RunSummary) -> SummaryValue {
    let text = |text: &str| JsonValue { kind: Some(JsonKind::Text(text.to_owned())) };
    let number = |number: f64| JsonValue { kind: Some(JsonKind::Number(number)) };
    let mut hparams = BTreeMap::from([
        ("entry".to_owned(), text(&entry.name)),
        ("seed".to_owned(), number(run.seed as f64)),
        ("budget".to_owned(), text(&comparison.budget)),
    ]);
    if !entry.strategy.is_empty() {
        hparams.insert("strategy".to_owned(), text(&entry.strategy));
    }
    if let Some(fold) = run.fold {
        hparams.insert("fold".to_owned(), number(fold.into()));
    }
    for (name, value) in &entry.parameters {
        let value = match value {
            serde_json::Value::Number(value) => number(value.as_f64().unwrap_or(f64::NAN)),
            serde_json::Value::Bool(value) => JsonValue { kind: Some(JsonKind::Flag(*value)) },
            serde_json::Value::String(value) => text(value),
            other => text(&other.to_string()),
        };
        hparams.insert(format!("parameter/{name}"), value);
    }
    let recipe = run.recipe.as_ref().map_or(&comparison.recipe, |recipe| &recipe.settings);
    for setting in recipe {
        hparams.insert(format!("final/{}", setting.name), text(&setting.value));
    }
    let start = SessionStart { hparams, group_name: String::new(), start_time: 0.0 };
    of_hparams("_hparams_/session_start_info", HParamsData::SessionStart(start))
}

/// That a run ended, if it did.
pub(super) fn ended(run: &RunSummary, end_time: f64) -> Option<SummaryValue> {
    // The numbers of `Status` in `api.proto`.
    let status = match run.state {
        RunState::Done => 1,
        RunState::Failed { .. } => 2,
        RunState::Running | RunState::Pending => return None,
    };
    Some(of_hparams("_hparams_/session_end_info", HParamsData::SessionEnd(SessionEnd { status, end_time })))
}

fn of_hparams(tag: &str, data: HParamsData) -> SummaryValue {
    let content = HParams { version: 0, data: Some(data) }.encode_to_vec();
    SummaryValue {
        tag: tag.to_owned(),
        measured: None,
        metadata: Some(SummaryMetadata {
            plugin_data: Some(PluginData { plugin_name: "hparams".to_owned(), content }),
        }),
    }
}
