//! Architectures as pictures: boxes and arrows, each kind of cell by itself and the network around them.

mod layout;

use maud::{Markup, PreEscaped, html};

use self::layout::{Layout, place};
use super::chart::number;
use crate::humanize::plural;
use crate::model::{ArchitectureSummary, BoxKind, Drawing, DrawnBox};

/// A larger drawing is folded.
const OPEN_BOXES: usize = 14;
/// A larger drawing would be no help.
const MOST_BOXES: usize = 250;
/// Sides of a letter of a label and of a detail in CSS pixels, about.
const LETTER: (f64, f64) = (6.7, 6.0);
/// Room around the picture.
const MARGIN: f64 = 3.0;

/// All drawings of an architecture; nothing for one that was summed up without them.
pub(super) fn drawings(architecture: &ArchitectureSummary) -> Markup {
    let shown = |drawing: &&Drawing| (1..=MOST_BOXES).contains(&drawing.boxes.len());
    html! {
        @if architecture.drawings.iter().any(|drawing| shown(&drawing)) {
            div.drawings {
                @for drawing in architecture.drawings.iter().filter(shown) {
                    @if drawing.boxes.len() > OPEN_BOXES && architecture.drawings.len() > 1 && drawing.name == "network" {
                        details.drawing.wide { summary { (title(drawing)) } (picture(drawing)) }
                    } @else {
                        figure.drawing { figcaption { (title(drawing)) } (picture(drawing)) }
                    }
                }
            }
        }
    }
}

/// "Normal cell, 3 times".
fn title(drawing: &Drawing) -> String {
    let name = crate::humanize::capitalised(&drawing.name);
    match drawing.uses {
        1 if drawing.name == "network" => format!("{name}: {}", plural(drawing.boxes.len(), "part")),
        1 => name,
        uses => format!("{name}, {uses} times"),
    }
}

/// The graph as SVG: from left to right, or from top to bottom where that is narrower.
fn picture(drawing: &Drawing) -> Markup {
    let sizes: Vec<(f64, f64)> = drawing.boxes.iter().map(size).collect();
    let turned: Vec<(f64, f64)> = sizes.iter().map(|(width, height)| (*height, *width)).collect();
    let (down, right) = (place(&sizes, &drawing.arrows), place(&turned, &drawing.arrows));
    // A picture that fits a phone either way goes from left to right, as text does.
    let rightwards = right.size.1 <= 340.0 || right.size.1 <= down.size.0;
    let layout = if rightwards { right } else { down };
    let at = |(across, along): (f64, f64)| {
        let (x, y) = if rightwards { (along, across) } else { (across, along) };
        (x + MARGIN, y + MARGIN)
    };
    let (width, height) = at(layout.size);
    let (width, height) = (number((width + MARGIN).ceil()), number((height + MARGIN).ceil()));
    html! {
        div.scroll {
            svg.graph role="img" aria-label=(description(drawing)) width=(width) height=(height)
                viewBox={ "0 0 " (width) " " (height) } {
                @for arrow in arrows(drawing, &layout, &sizes, rightwards) { path.arrow d=(PreEscaped(arrow)) {} }
                @for ((drawn, centre), size) in drawing.boxes.iter().zip(&layout.centres).zip(&sizes) {
                    (box_at(drawn, at(*centre), *size))
                }
            }
        }
    }
}

/// The width and height of a box.
fn size(drawn: &DrawnBox) -> (f64, f64) {
    let letters = |text: &str, side: f64| text.chars().count() as f64 * side;
    let text = letters(&drawn.label, LETTER.0).max(letters(&drawn.detail, LETTER.1));
    (text + 16.0, if drawn.detail.is_empty() { 24.0 } else { 36.0 })
}

fn box_at(drawn: &DrawnBox, (x, y): (f64, f64), (width, height): (f64, f64)) -> Markup {
    let kind = match drawn.kind {
        BoxKind::Input => "input",
        BoxKind::Value => "value",
        BoxKind::Operation => "operation",
    };
    let round = if drawn.kind == BoxKind::Operation { 3.0 } else { height / 2.0 };
    html! {
        g class={ "box " (kind) } {
            rect x=(number(x - width / 2.0)) y=(number(y - height / 2.0)) width=(number(width)) height=(number(height)) rx=(number(round)) {}
            @if drawn.detail.is_empty() {
                text x=(number(x)) y=(number(y + 4.0)) { (drawn.label) }
            } @else {
                text x=(number(x)) y=(number(y - 1.5)) { (drawn.label) }
                text.detail x=(number(x)) y=(number(y + 11.5)) { (drawn.detail) }
            }
        }
    }
}

/// The arrows: from the edge of a box through the places between to the edge of the other.
fn arrows(drawing: &Drawing, layout: &Layout, sizes: &[(f64, f64)], rightwards: bool) -> Vec<String> {
    let half = |at: usize| sizes.get(at).map_or(0.0, |size| if rightwards { size.0 } else { size.1 } / 2.0);
    let point = |(across, along): (f64, f64)| {
        let (x, y) = if rightwards { (along, across) } else { (across, along) };
        format!("{} {}", number(x + MARGIN), number(y + MARGIN))
    };
    let mut paths = Vec::new();
    for (&(from, to), route) in drawing.arrows.iter().zip(&layout.routes) {
        let mut route = route.clone();
        if let Some(first) = route.first_mut() {
            first.1 += half(from);
        }
        if let Some(last) = route.last_mut() {
            last.1 -= half(to);
        }
        let Some(first) = route.first() else { continue };
        let mut path = format!("M{}", point(*first));
        for pair in route.windows(2) {
            if let [one, other] = *pair {
                let middle = f64::midpoint(one.1, other.1);
                path.extend(["C", &point((one.0, middle)), " ", &point((other.0, middle)), " ", &point(other)]);
            }
        }
        if let Some(&(across, along)) = route.last() {
            let tip = |side: f64| point((across + side, along - 5.0));
            path.extend(["M", &tip(-3.0), "L", &point((across, along)), "L", &tip(3.0)]);
        }
        paths.push(path);
    }
    paths
}

/// The picture in words.
fn description(drawing: &Drawing) -> String {
    let label = |at: usize| drawing.boxes.get(at).map_or("", |drawn| drawn.label.as_str());
    let arrows = drawing.arrows.iter().map(|(from, to)| format!("{} to {}", label(*from), label(*to)));
    format!("{}: {}", drawing.name, arrows.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_says_what_it_shows_and_escapes_what_it_is_told() {
        let one = |label: &str, kind| DrawnBox { label: label.to_owned(), detail: String::new(), kind };
        let drawing = Drawing {
            name: "network".to_owned(),
            uses: 1,
            boxes: vec![one("bases", BoxKind::Input), one("<b>", BoxKind::Operation)],
            arrows: vec![(0, 1), (1, 0), (0, 7)],
        };
        let summary = ArchitectureSummary { hash: String::new(), layers: Vec::new(), drawings: vec![drawing] };
        let drawn = drawings(&summary).into_string();
        assert!(drawn.contains("Network: 2 parts") && drawn.contains("&lt;b&gt;") && !drawn.contains("<b>"));
        assert_eq!(drawn.matches("class=\"arrow\"").count(), 1);
    }
}
