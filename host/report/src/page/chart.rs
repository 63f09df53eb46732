//! A line chart that is crisp at every width.
//!
//! The lines are an SVG stretched over the plot area, with strokes that keep their width. All text is HTML placed by
//! percentages, so it is never scaled and stays legible on any screen.

use maud::{Markup, PreEscaped, html};

/// A chart to draw.
pub(super) struct Chart {
    /// Read aloud in place of the picture.
    pub(super) description: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) lines: Vec<Line>,
    /// A horizontal line and its text.
    pub(super) reference: Option<(f64, &'static str)>,
    /// Plot height in CSS pixels.
    pub(super) height: f64,
    /// Whether there is a column for line labels on the right.
    pub(super) labelled: bool,
}

/// A line of a chart. Points are in the axes' units, in order of x, and finite.
pub(super) struct Line {
    pub(super) points: Vec<(f64, f64)>,
    /// CSS classes: colour, dash, weight.
    pub(super) class: String,
    /// Whether each value holds until the next point.
    pub(super) steps: bool,
    /// Points to mark with a dot.
    pub(super) marks: Vec<(f64, f64)>,
    /// Written at its end.
    pub(super) label: Option<Markup>,
}

/// An axis: its ends, its ticks, and how a tick is written.
pub(super) struct Axis {
    pub(super) title: &'static str,
    low: f64,
    high: f64,
    ticks: Vec<(f64, String)>,
}

impl Axis {
    /// From round number to round number around the values; `None` if no value is finite.
    pub(super) fn around(title: &'static str, values: impl IntoIterator<Item = f64>, wanted: f64) -> Option<Self> {
        let (low, high) = ends(values)?;
        let margin = if high > low { 0.0 } else { (low.abs() * 0.1).max(0.02) };
        let (low, high) = (low - margin, high + margin);
        let step = round_step((high - low) / wanted);
        let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
        let decimals = decimals(step);
        let ticks = multiples(first, last, step).map(|tick| (tick, format!("{tick:.decimals$}"))).collect();
        Some(Self { title, low: first * step, high: last * step, ticks })
    }

    /// From zero to the highest of some counts, which need not be a tick; `None` if none is above zero.
    pub(super) fn from_zero(title: &'static str, values: impl IntoIterator<Item = f64>, wanted: f64) -> Option<Self> {
        let (_, high) = ends(values)?;
        if high <= 0.0 {
            return None;
        }
        let step = round_step(high / wanted).max(1.0);
        let last = (high / step + 1e-9).floor();
        let ticks = multiples(0.0, last, step).map(|tick| (tick, crate::humanize::tick(tick))).collect();
        Some(Self { title, low: 0.0, high, ticks })
    }

    /// Where a value lies between the ends, 0 to 1.
    pub(super) fn share(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    pub(super) fn ticks(&self) -> impl Iterator<Item = (f64, &str)> {
        self.ticks.iter().map(|(value, text)| (self.share(*value), text.as_str()))
    }
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

/// Units of the stretched picture.
const SIDE: f64 = 1000.0;
/// Pixels a line label needs.
const LABEL_HEIGHT: f64 = 17.0;

impl Chart {
    pub(super) fn draw(&self) -> Markup {
        let labels = self.label_places();
        let height = self.height.max(LABEL_HEIGHT * labels.len() as f64);
        html! {
            figure.chart role="img" aria-label=(self.description) {
                p.y-title aria-hidden="true" { (self.y.title) }
                div.frame.labelled[self.labelled] aria-hidden="true" style={ "--height:" (height) "px" } {
                    div.y-ticks {
                        @for (share, text) in self.y.ticks() {
                            span style={ "top:" (percent(1.0 - share)) } { (text) }
                        }
                    }
                    div.plot {
                        (self.picture())
                        @if let Some((value, text)) = self.reference {
                            span.reference style={ "top:" (percent(1.0 - self.y.share(value))) } { (text) }
                        }
                    }
                    @if self.labelled {
                        div.line-labels {
                            @for (top, label) in &labels {
                                span style={ "top:" (percent(top / height)) } { (label) }
                            }
                        }
                    }
                    div.x-ticks {
                        @for (share, text) in self.x.ticks() {
                            span style={ "left:" (percent(share)) } { (text) }
                        }
                    }
                    p.x-title { (self.x.title) }
                }
            }
        }
    }

    fn picture(&self) -> Markup {
        html! {
            svg viewBox="0 0 1000 1000" preserveAspectRatio="none" {
                @for (share, _) in self.y.ticks() {
                    path.grid d={ "M0 " (number((1.0 - share) * SIDE)) "H1000" } {}
                }
                @if let Some((value, _)) = self.reference {
                    path.chance d={ "M0 " (number(self.place(0.0, value).1)) "H1000" } {}
                }
                @for line in &self.lines {
                    g class=(line.class) {
                        path d=(PreEscaped(self.path(line))) {}
                        @for (x, y) in &line.marks {
                            @let (x, y) = self.place(*x, *y);
                            // A line of no length with round ends stays a disc however the picture is stretched.
                            path.mark d={ "M" (number(x)) " " (number(y)) "h0" } {}
                        }
                    }
                }
            }
        }
    }

    fn path(&self, line: &Line) -> String {
        let mut path = String::new();
        for (index, (x, y)) in line.points.iter().enumerate() {
            let (x, y) = self.place(*x, *y);
            let step = match (index, line.steps) {
                (0, _) => format!("M{} {}", number(x), number(y)),
                (_, true) => format!("H{}V{}", number(x), number(y)),
                (_, false) => format!("L{} {}", number(x), number(y)),
            };
            path.push_str(&step);
        }
        path
    }

    fn place(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.share(x) * SIDE, (1.0 - self.y.share(y)) * SIDE)
    }

    /// Labels and their centres in pixels from the top: at their line's end, moved apart until none overlaps.
    fn label_places(&self) -> Vec<(f64, &Markup)> {
        let mut places: Vec<(f64, &Markup)> = self
            .lines
            .iter()
            .filter_map(|line| Some(((1.0 - self.y.share(line.points.last()?.1)) * self.height, line.label.as_ref()?)))
            .collect();
        places.sort_by(|left, right| left.0.total_cmp(&right.0));
        let tops: Vec<f64> = places.iter().map(|(top, _)| *top).collect();
        let height = self.height.max(LABEL_HEIGHT * places.len() as f64);
        for ((top, _), apart) in places.iter_mut().zip(spread_out(&tops, LABEL_HEIGHT, height)) {
            *top = apart;
        }
        places
    }
}

/// Moves ascending places down until they are `gap` apart, then up until the last is within `height`.
fn spread_out(places: &[f64], gap: f64, height: f64) -> Vec<f64> {
    let mut moved = Vec::with_capacity(places.len());
    let mut free = f64::NEG_INFINITY;
    for place in places {
        let place = place.max(free);
        free = place + gap;
        moved.push(place);
    }
    let mut limit = height;
    for place in moved.iter_mut().rev() {
        *place = place.min(limit);
        limit = *place - gap;
    }
    moved
}

pub(super) fn percent(share: f64) -> String {
    format!("{}%", number(share * 100.0))
}

fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
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
    }

    #[test]
    fn labels_never_overlap_and_stay_inside() {
        let places = spread_out(&[10.0, 11.0, 95.0, 96.0], 17.0, 100.0);
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= 17.0 - 1e-9), "{places:?}");
        assert!(places.iter().all(|place| (0.0..=100.0).contains(place)));
    }
}
