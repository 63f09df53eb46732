//! The HTML around a page: head, style, script.

use genomenas_data::text::printable_lines;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");
const SORT: &str = include_str!("sort.js");

/// A page around its header and its sections.
pub(super) fn document(title: &str, generated_by: &str, header: &Markup, sections: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // The browser itself holds the page to its promise to fetch nothing.
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(generated_by);
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    (header)
                }
                main { (sections) }
                footer { p { "Made by " (generated_by) "." } }
                script { (PreEscaped(SORT)) }
            }
        }
    };
    // Names come from files and plugins: nothing may turn or hide what a page says.
    printable_lines(&page.into_string())
}

pub(super) fn section(id: &str, title: &str, content: &Markup) -> Markup {
    html! { section id=(id) { h2 { (title) } (content) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_in_a_page_obeys_turns_or_hides_anything() {
        let evil = "a\u{1b}[2J\u{202e}b\u{200b}\u{9b}<script>";
        let page = document(evil, "a test", &html! { p { (evil) } }, &html! { td { (evil) } });
        assert!(page.contains("<td>a [2J\u{fffd}b\u{fffd} &lt;script&gt;</td>"), "{page}");
        assert!(page.chars().all(|letter| letter == '\n' || !genomenas_data::text::is_hidden(letter)));
    }
}
