//! A line chart that is crisp at every width.
//!
//! The lines are an SVG stretched over the plot area, with strokes that keep their width. All text is HTML placed by
//! percentages, so it is never scaled and stays legible on any screen.

mod axis;
mod number;

use maud::{Markup, PreEscaped, html};

pub(super) use axis::Axis;
pub(super) use number::{number, percent};

/// A chart to draw.
pub(super) struct Chart {
    /// Read aloud in place of the picture.
    pub(super) description: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) lines: Vec<Line>,
    /// Single points with a text beside each.
    pub(super) points: Vec<Point>,
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

/// A point of a chart, in the axes' units and finite.
pub(super) struct Point {
    pub(super) at: (f64, f64),
    /// CSS classes of its colour.
    pub(super) class: String,
    /// Written beside it.
    pub(super) label: String,
    /// What it is, where the pointer rests on it.
    pub(super) title: String,
    /// How far it is uncertain up and down.
    pub(super) deviation: Option<f64>,
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
                        @for point in &self.points {
                            @let (x, y) = (self.x.share(point.at.0), self.y.share(point.at.1));
                            span.point-label.left[x > 0.8] title=(point.title) style={ "left:" (percent(x)) ";top:" (percent(1.0 - y)) } { (point.label) }
                        }
                    }
                    @if self.labelled {
                        div.line-labels {
                            @for (top, label) in &labels {
                                span style={ "top:" (percent(top / height)) } { (label) }
                            }
                        }
                    }
                    (self.x.below())
                    p.x-title { (self.x.title) }
                }
                // On a phone there is no room for whole names beside the lines.
                @if self.labelled {
                    ul.legend.narrow aria-hidden="true" { @for (_, label) in &labels { li { (label) } } }
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
                @for point in &self.points {
                    @let (x, y) = self.place(point.at.0, point.at.1);
                    g class=(point.class) {
                        title { (point.title) }
                        @if let Some(deviation) = point.deviation {
                            @let (top, bottom) = (self.place(0.0, point.at.1 + deviation).1, self.place(0.0, point.at.1 - deviation).1);
                            path.whisker d={ "M" (number(x)) " " (number(top)) "V" (number(bottom)) } {}
                        }
                        path.mark d={ "M" (number(x)) " " (number(y)) "h0" } {}
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_never_overlap_and_stay_inside() {
        let places = spread_out(&[10.0, 11.0, 95.0, 96.0], 17.0, 100.0);
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= 17.0 - 1e-9), "{places:?}");
        assert!(places.iter().all(|place| (0.0..=100.0).contains(place)));
    }
}
