//! JSON written while the plugin compiles, so that the manifest lies in the library as plain bytes.

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

/// What the library is built for: Cargo tells the triple to build scripts only, and plugins should need none.
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

/// Writes as much as `out` takes, and tells how much there is to write.
const fn write(pieces: &[Piece], out: &mut [u8]) -> usize {
    let mut end = 0;
    let mut at = 0;
    while at < pieces.len() {
        end = match pieces[at] {
            Piece::Raw(text) => raw(text, out, end),
            Piece::Text(text) => quoted(text, out, end),
            Piece::List(texts) => list(texts, out, end),
            Piece::Number(number) => decimal(number, out, end),
        };
        at += 1;
    }
    end
}

const fn put(byte: u8, out: &mut [u8], end: usize) -> usize {
    if end < out.len() {
        out[end] = byte;
    }
    end + 1
}

const fn raw(text: &str, out: &mut [u8], mut end: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        end = put(bytes[at], out, end);
        at += 1;
    }
    end
}

const fn quoted(text: &str, out: &mut [u8], mut end: usize) -> usize {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let bytes = text.as_bytes();
    end = put(b'"', out, end);
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b'"' || byte == b'\\' {
            end = put(b'\\', out, end);
            end = put(byte, out, end);
        } else if byte < b' ' {
            end = raw("\\u00", out, end);
            end = put(HEX[(byte >> 4) as usize], out, end);
            end = put(HEX[(byte & 15) as usize], out, end);
        } else {
            end = put(byte, out, end);
        }
        at += 1;
    }
    put(b'"', out, end)
}

const fn list(texts: &[&str], out: &mut [u8], mut end: usize) -> usize {
    end = put(b'[', out, end);
    let mut at = 0;
    while at < texts.len() {
        if at > 0 {
            end = put(b',', out, end);
        }
        end = quoted(texts[at], out, end);
        at += 1;
    }
    put(b']', out, end)
}

const fn decimal(number: u32, out: &mut [u8], mut end: usize) -> usize {
    let mut scale = 1_000_000_000;
    while scale > 1 && number / scale == 0 {
        scale /= 10;
    }
    while scale > 0 {
        let digit = (number / scale % 10) as u8;
        end = put(b'0' + digit, out, end);
        scale /= 10;
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

    #[test]
    fn numbers_are_decimal() {
        for number in [0, 7, 10, 4_294_967_295] {
            let pieces = [Piece::Number(number)];
            let mut out = [0; 10];
            let end = write(&pieces, &mut out);
            assert_eq!(std::str::from_utf8(&out[..end]).unwrap(), number.to_string());
        }
    }
}
