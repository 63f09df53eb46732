//! Numbers, durations and budgets in words.

use genomenas_data::text::grouped;
use genomenas_plugin::message::{Budget, Unit};

/// Stands where there is no number.
pub(crate) const NOTHING: &str = "–";

/// Three digits and a unit: "1.25 M", "46.9 M", "812", "3.20 G".
pub(crate) fn short(number: f64) -> String {
    let units = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    // 999.5 would be written as four digits, so it already takes the next unit.
    let unit = units.into_iter().find(|(size, _)| number >= 0.9995 * size);
    let (scaled, unit) = unit.map_or((number, ""), |(size, unit)| (number / size, unit));
    let decimals = match (scaled, unit) {
        (_, "") if scaled.fract() == 0.0 => 0,
        (scaled, _) if scaled >= 99.95 => 0,
        (scaled, _) if scaled >= 9.995 => 1,
        _ => 2,
    };
    let space = if unit.is_empty() { "" } else { "\u{a0}" };
    format!("{scaled:.decimals$}{space}{unit}")
}

/// As [`short`], without trailing zeros: "20 k", for a tick of an axis.
pub(crate) fn tick(number: f64) -> String {
    let text = short(number);
    let (digits, unit) = text.split_once('\u{a0}').unwrap_or((&text, ""));
    let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    if unit.is_empty() { digits.to_owned() } else { format!("{digits}\u{a0}{unit}") }
}

/// "8.2 s", "3 min 12 s", "2 h 05 min".
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return NOTHING.to_owned();
    }
    if seconds < 59.95 {
        return format!("{seconds:.1}\u{a0}s");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked finite and positive; it saturates"
    )]
    let whole = seconds.round() as u64;
    if whole < 3600 {
        return format!("{}\u{a0}min\u{a0}{:02}\u{a0}s", whole / 60, whole % 60);
    }
    format!("{}\u{a0}h\u{a0}{:02}\u{a0}min", whole / 3600, whole % 3600 / 60)
}

/// A metric between 0 and 1.
pub(crate) fn metric(value: Option<f64>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| format!("{value:.3}"))
}

/// "20,000 training samples".
pub fn budget(budget: Budget) -> String {
    let unit = match budget.unit {
        Unit::Samples => "training samples",
        Unit::Seconds => "seconds",
        Unit::MultiplyAdds => "multiply-adds",
    };
    format!("{} {unit}", grouped(budget.amount))
}

/// "1 run", "2 runs".
pub(crate) fn plural(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A text with a capital at its beginning.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped_or_shortened() {
        assert_eq!(grouped(46_929_039), "46,929,039");
        assert_eq!(grouped(812), "812");
        assert_eq!(short(46_929_039.0), "46.9\u{a0}M");
        assert_eq!(short(999_600.0), "1.00\u{a0}M");
        assert_eq!(short(812.0), "812");
        assert_eq!(tick(20_000.0), "20\u{a0}k");
        assert_eq!(tick(100.0), "100");
    }

    #[test]
    fn seconds_grow_into_minutes_and_hours() {
        assert_eq!(duration(8.24), "8.2\u{a0}s");
        assert_eq!(duration(59.97), "1\u{a0}min\u{a0}00\u{a0}s");
        assert_eq!(duration(7503.0), "2\u{a0}h\u{a0}05\u{a0}min");
        assert_eq!(duration(f64::NAN), NOTHING);
    }

    #[test]
    fn a_budget_reads_as_a_sentence_does() {
        assert_eq!(budget("20000samples".parse().unwrap()), "20,000 training samples");
        assert_eq!(budget("999s".parse().unwrap()), "999 seconds");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
