//! The records of the manifest, written while the plugin compiles.

use crate::json;

/// A part of a record.
#[derive(Clone, Copy, Debug)]
pub enum Piece {
    /// JSON as it is.
    Raw(&'static str),
    /// A text, quoted.
    Text(&'static str),
    /// A list of texts.
    List(&'static [&'static str]),
    /// A number.
    Number(u32),
}

/// What the library is built for: Cargo passes the triple to build scripts only, and plugins should need none.
pub const TARGET: [Piece; 3] = [
    Piece::Raw(std::env::consts::ARCH),
    Piece::Raw(std::env::consts::OS),
    Piece::Raw(if cfg!(target_env = "gnu") {
        "gnu"
    } else if cfg!(target_env = "musl") {
        "musl"
    } else {
        "unknown"
    }),
];

/// The bytes that a record takes.
pub const fn length(pieces: &[Piece]) -> usize {
    write(pieces, &mut [])
}

/// The record; `N` is its [`length`].
pub const fn render<const N: usize>(pieces: &[Piece]) -> [u8; N] {
    let mut record = [0; N];
    write(pieces, &mut record);
    record
}

/// Writes as much as `out` takes, and returns how much there is to write.
const fn write(pieces: &[Piece], out: &mut [u8]) -> usize {
    let mut end = 0;
    let mut at = 0;
    while at < pieces.len() {
        end = match pieces[at] {
            Piece::Raw(text) => json::raw(text, out, end),
            Piece::Text(text) => json::quoted(text, out, end),
            Piece::List(texts) => json::list(texts, out, end),
            Piece::Number(number) => json::decimal(number, out, end),
        };
        at += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_as_json() {
        const PIECES: &[Piece] = &[
            Piece::Raw("["),
            Piece::Text("a \"b\" \\ \n ü"),
            Piece::Raw(","),
            Piece::List(&["x", "y\t"]),
            Piece::Raw("]"),
        ];
        const RECORD: [u8; length(PIECES)] = render(PIECES);
        let parsed: serde_json::Value = serde_json::from_slice(&RECORD).unwrap();
        assert_eq!(parsed, serde_json::json!(["a \"b\" \\ \n ü", ["x", "y\t"]]));
    }
}
