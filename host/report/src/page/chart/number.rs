//! Numbers as pictures and styles have them: few digits, no trailing zero.

pub(in crate::page) fn percent(share: f64) -> String {
    format!("{}%", number(share * 100.0))
}

pub(in crate::page) fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
