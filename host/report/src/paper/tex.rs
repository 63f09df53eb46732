//! Text for TeX.

use genomenas_data::text::printable;

/// `text` with everything escaped that TeX would take for a command.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in printable(text).chars() {
        match letter {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(letter);
            }
            '\\' => out.push_str(r"\textbackslash{}"),
            '~' => out.push_str(r"\textasciitilde{}"),
            '^' => out.push_str(r"\textasciicircum{}"),
            '<' => out.push_str(r"\textless{}"),
            '>' => out.push_str(r"\textgreater{}"),
            '|' => out.push_str(r"\textbar{}"),
            '"' => out.push_str(r"\textquotedbl{}"),
            '\u{a0}' => out.push('~'),
            '±' => out.push_str(r"$\pm$"),
            '²' => out.push_str("$^2$"),
            '–' => out.push_str("--"),
            '×' => out.push_str(r"$\times$"),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_name_is_a_command() {
        assert_eq!(
            escaped(r#"a_b 50% $x$ #1 {y} \input{z} ~^<>|" R² ±"#),
            r"a\_b 50\% \$x\$ \#1 \{y\} \textbackslash{}input\{z\} \textasciitilde{}\textasciicircum{}\textless{}\textgreater{}\textbar{}\textquotedbl{} R$^2$ $\pm$"
        );
    }
}
