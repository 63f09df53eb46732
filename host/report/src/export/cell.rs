//! One value of a table.

/// A value, or none.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// Nothing: it was not measured, or is not defined.
    Null,
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Texts.
    Text,
    /// Whole numbers.
    Integer,
    /// Numbers.
    Number,
    /// Yes or no.
    Flag,
}

impl Kind {
    /// The word for it in the documentation.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Flag => "flag",
        }
    }
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn of_text(text: Option<&str>) -> Self {
        text.map_or(Self::Null, Self::text)
    }

    /// Counts beyond 2^63, which no file has, are left out.
    pub(super) fn count(count: impl TryInto<i64>) -> Self {
        count.try_into().map_or(Self::Null, Self::Integer)
    }

    pub(super) fn of_count(count: Option<u64>) -> Self {
        count.map_or(Self::Null, Self::count)
    }

    pub(super) fn number(number: f64) -> Self {
        if number.is_finite() { Self::Number(number) } else { Self::Null }
    }

    pub(super) fn of_number(number: Option<f64>) -> Self {
        number.map_or(Self::Null, Self::number)
    }

    /// A value as JSON text.
    pub(super) fn json(value: &impl serde::Serialize) -> Self {
        serde_json::to_string(value).map_or(Self::Null, Self::Text)
    }
}
