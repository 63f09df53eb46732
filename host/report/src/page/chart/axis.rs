//! The axis of every chart: its ends, its ticks, and how a tick is written.

use maud::{Markup, html};

use super::number::percent;
use crate::humanize;

/// An axis.
pub(in crate::page) struct Axis {
    pub(in crate::page) title: &'static str,
    pub(super) low: f64,
    pub(super) high: f64,
    scale: Scale,
    ticks: Vec<(f64, String)>,
}

#[derive(Clone, Copy)]
enum Scale {
    Linear,
    /// By powers of ten.
    Logarithmic,
}

impl Axis {
    /// From round number to round number around the values; `None` if no value is finite.
    pub(in crate::page) fn around(
        title: &'static str,
        values: impl IntoIterator<Item = f64>,
        wanted: f64,
    ) -> Option<Self> {
        let (low, high) = ends(values)?;
        let margin = if high > low { 0.0 } else { (low.abs() * 0.1).max(0.02) };
        Some(Self::rounded(title, low - margin, high + margin, wanted))
    }

    /// As [`around`](Self::around), for scores that are 1 at most: it spans at least `least`, so that a difference that may
    /// be chance fills no more of the picture than it is worth.
    pub(in crate::page) fn of_scores(
        title: &'static str,
        values: impl IntoIterator<Item = f64>,
        wanted: f64,
        least: f64,
    ) -> Option<Self> {
        let (low, high) = ends(values)?;
        let span = (high - low).max(least).max(if high > low { 0.0 } else { 0.04 });
        let middle = f64::midpoint(low, high);
        let top = (middle + span / 2.0).min(1.0_f64.max(high));
        Some(Self::rounded(title, (top - span).min(low), top.max(high), wanted))
    }

    fn rounded(title: &'static str, low: f64, high: f64, wanted: f64) -> Self {
        let step = round_step((high - low) / wanted);
        let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
        let decimals = decimals(step);
        let ticks = multiples(first, last, step).map(|tick| (tick, format!("{tick:.decimals$}"))).collect();
        Self { title, low: first * step, high: last * step, scale: Scale::Linear, ticks }
    }

    /// From zero to the highest of some counts, which need not be a tick; `None` if none is above zero.
    pub(in crate::page) fn from_zero(
        title: &'static str,
        values: impl IntoIterator<Item = f64>,
        wanted: f64,
    ) -> Option<Self> {
        let (_, high) = ends(values)?;
        if high <= 0.0 {
            return None;
        }
        let step = round_step(high / wanted).max(1.0);
        let last = (high / step + 1e-9).floor();
        let ticks = multiples(0.0, last, step).map(|tick| (tick, humanize::tick(tick))).collect();
        Some(Self { title, low: 0.0, high, scale: Scale::Linear, ticks })
    }

    /// By powers of ten around the values above zero, with a tick at 1, 2 and 5 of each or, over many, at 1 alone;
    /// `None` if none is above zero.
    pub(in crate::page) fn by_tens(title: &'static str, values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let (low, high) = ends(values.into_iter().filter(|value| *value > 0.0))?;
        // At least a factor of 2, and room at both ends.
        let margin = (2.0 / (high / low)).max(1.0).sqrt() * 1.12;
        let (low, high) = (low / margin, high * margin);
        let decades = (high / low).log10();
        let factors: &[f64] = if decades > 3.0 {
            &[1.0]
        } else if decades > 1.4 {
            &[1.0, 3.0]
        } else {
            &[1.0, 2.0, 3.0, 5.0, 7.0]
        };
        let powers = multiples(low.log10().floor(), high.log10().ceil(), 1.0);
        let all = powers.flat_map(|power| factors.iter().map(move |factor| factor * 10.0_f64.powf(power)));
        let ticks = all.filter(|tick| (low..=high).contains(tick)).map(|tick| (tick, small(tick))).collect();
        Some(Self { title, low, high, scale: Scale::Logarithmic, ticks })
    }

    /// The ranks 1 to `count`.
    pub(in crate::page) fn of_ranks(title: &'static str, count: usize) -> Self {
        let high = (count.max(2)) as f64;
        let step = round_step((high - 1.0) / 8.0).max(1.0);
        let ticks =
            multiples(0.0, ((high - 1.0) / step).floor(), step).map(|tick| (tick + 1.0, humanize::tick(tick + 1.0)));
        Self { title, low: 1.0, high, scale: Scale::Linear, ticks: ticks.collect() }
    }

    /// Where a value lies between the ends, 0 to 1.
    pub(in crate::page) fn share(&self, value: f64) -> f64 {
        let share = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Logarithmic => (value / self.low).ln() / (self.high / self.low).ln(),
        };
        if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
    }

    pub(in crate::page) fn ticks(&self) -> impl Iterator<Item = (f64, &str)> {
        self.ticks.iter().map(|(value, text)| (self.share(*value), text.as_str()))
    }

    /// The ticks of a horizontal axis, below its picture.
    pub(in crate::page) fn below(&self) -> Markup {
        html! {
            div.x-ticks { @for (share, text) in self.ticks() { span style={ "left:" (percent(share)) } { (text) } } }
        }
    }

    /// The ticks below strips, with the same columns as a strip has.
    pub(in crate::page) fn below_strips(&self) -> Markup {
        html! { div.axis aria-hidden="true" { span {} (self.below()) span {} } }
    }

    /// Lines at the ticks of a horizontal axis, for the lane of a strip.
    pub(in crate::page) fn grid(&self) -> Markup {
        html! {
            @for (share, _) in self.ticks() {
                @let x = percent(share);
                line.grid x1=(x) x2=(x) y1="0" y2="100%" {}
            }
        }
    }
}

/// A tick that may be below one.
fn small(tick: f64) -> String {
    if tick >= 1.0 { humanize::tick(tick) } else { format!("{tick:.3}").trim_end_matches('0').to_owned() }
}

fn ends(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let finite = values.into_iter().filter(|value| value.is_finite());
    finite.fold(None, |ends, value| {
        let (low, high) = ends.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

/// The smallest 1, 2 or 5 times a power of ten that is at least `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10.0_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= rough * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

fn multiples(first: f64, last: f64, step: f64) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(first), |count| Some(count + 1.0))
        .take_while(move |count| *count <= last)
        .take(50)
        // Adding zero writes "0.0" where the product is -0.0.
        .map(move |count| count * step + 0.0)
}

fn decimals(step: f64) -> usize {
    (0..6)
        .find(|digits| step >= 10.0_f64.powi(-digits) * 0.999)
        .map_or(6, |digits| usize::try_from(digits).unwrap_or(6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<&str> {
        axis.ticks().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round_numbers_around_the_values() {
        assert_eq!(texts(&Axis::around("", [0.52, 0.87], 4.0).unwrap()), ["0.5", "0.6", "0.7", "0.8", "0.9"]);
        assert_eq!(texts(&Axis::around("", [0.913, 0.921], 4.0).unwrap()).first(), Some(&"0.912"));
        assert_eq!(texts(&Axis::from_zero("", [40_000.0], 4.0).unwrap()).last(), Some(&"40\u{a0}k"));
    }

    #[test]
    fn an_axis_of_one_value_has_room_around_it_and_one_of_none_is_not_drawn() {
        let axis = Axis::around("", [0.5], 4.0).unwrap();
        assert!(axis.low < 0.5 && axis.high > 0.5);
        assert!(Axis::around("", [f64::NAN], 4.0).is_none());
        assert!(Axis::from_zero("", [0.0], 4.0).is_none());
        assert!(Axis::by_tens("", [0.0]).is_none());
    }

    #[test]
    fn scores_that_differ_by_no_more_than_chance_do_not_fill_the_axis() {
        let axis = Axis::of_scores("", [0.871, 0.873], 5.0, 0.12).unwrap();
        assert!(axis.high - axis.low >= 0.12 && axis.share(0.873) - axis.share(0.871) < 0.02);
        let top = Axis::of_scores("", [0.995, 0.999], 5.0, 0.12).unwrap();
        assert!(top.high <= 1.0 + 1e-9 && top.high - top.low >= 0.12, "{} {}", top.low, top.high);
        assert_eq!(texts(&Axis::of_scores("", [0.5, 0.9], 4.0, 0.01).unwrap()), ["0.5", "0.6", "0.7", "0.8", "0.9"]);
    }

    #[test]
    fn an_axis_by_tens_places_equal_factors_equally_far_apart() {
        let axis = Axis::by_tens("", [100.0, 10_000.0]).unwrap();
        let far = |one: f64, other: f64| axis.share(other) - axis.share(one);
        assert!((far(100.0, 1_000.0) - far(1_000.0, 10_000.0)).abs() < 1e-9);
        assert!(texts(&axis).contains(&"1\u{a0}k"));
        assert!(texts(&Axis::by_tens("", [0.02, 0.02]).unwrap()).contains(&"0.02"));
    }
}
