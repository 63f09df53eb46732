//! JSON written while the plugin compiles, so that the manifest lies in the library as plain bytes.
//!
//! Each function writes as much as `out` takes from `end` on, and returns where the text ends: with an empty `out` it
//! measures.

/// One byte.
pub(crate) const fn byte(byte: u8, out: &mut [u8], end: usize) -> usize {
    if end < out.len() {
        out[end] = byte;
    }
    end + 1
}

/// JSON as it is.
pub(crate) const fn raw(text: &str, out: &mut [u8], mut end: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        end = byte(bytes[at], out, end);
        at += 1;
    }
    end
}

/// A text, quoted.
pub(crate) const fn quoted(text: &str, out: &mut [u8], mut end: usize) -> usize {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let bytes = text.as_bytes();
    end = byte(b'"', out, end);
    let mut at = 0;
    while at < bytes.len() {
        let next = bytes[at];
        if next == b'"' || next == b'\\' {
            end = byte(b'\\', out, end);
            end = byte(next, out, end);
        } else if next < b' ' {
            end = raw("\\u00", out, end);
            end = byte(HEX[(next >> 4) as usize], out, end);
            end = byte(HEX[(next & 15) as usize], out, end);
        } else {
            end = byte(next, out, end);
        }
        at += 1;
    }
    byte(b'"', out, end)
}

/// A list of texts.
pub(crate) const fn list(texts: &[&str], out: &mut [u8], mut end: usize) -> usize {
    end = byte(b'[', out, end);
    let mut at = 0;
    while at < texts.len() {
        if at > 0 {
            end = byte(b',', out, end);
        }
        end = quoted(texts[at], out, end);
        at += 1;
    }
    byte(b']', out, end)
}

/// A number.
pub(crate) const fn decimal(number: u32, out: &mut [u8], mut end: usize) -> usize {
    let mut scale = 1_000_000_000;
    while scale > 1 && number / scale == 0 {
        scale /= 10;
    }
    while scale > 0 {
        let digit = (number / scale % 10) as u8;
        end = byte(b'0' + digit, out, end);
        scale /= 10;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal() {
        for number in [0, 7, 10, 4_294_967_295] {
            let mut out = [0; 10];
            let end = decimal(number, &mut out, 0);
            assert_eq!(std::str::from_utf8(&out[..end]).unwrap(), number.to_string());
        }
    }
}
