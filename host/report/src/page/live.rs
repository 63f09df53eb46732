//! A page that keeps itself up to date, where something serves it.

/// The script that asks for changes.
const LIVE: &str = include_str!("live.js");
/// The policy of a page that is a file: it fetches nothing.
const OF_A_FILE: &str = "default-src 'none';";
/// What a served page may fetch besides: from where it came.
const OF_A_SERVER: &str = "default-src 'none'; connect-src 'self';";

/// The document `page`, which then asks its server again and again whether its version is still `version`: its own
/// address with `?version` is answered with the version of the page as it is then.
pub fn live(page: &str, version: &str) -> String {
    let page = page.replacen(OF_A_FILE, OF_A_SERVER, 1);
    let (before, after) = page.rsplit_once("</body>").unwrap_or((&page, ""));
    format!("{before}<script data-live=\"{version}\">{LIVE}</script></body>{after}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{page, sample};

    #[test]
    fn a_served_page_is_the_file_with_a_script_that_may_ask_its_server() {
        let file = page(&sample::comparison());
        let served = live(&file, "0f");
        assert!(file.contains(OF_A_FILE) && !file.contains("connect-src"));
        assert!(served.contains(OF_A_SERVER) && served.contains("<script data-live=\"0f\">"));
        assert!(served.trim_end().ends_with("</script></body></html>"));
        assert_eq!(served.matches("<script").count(), file.matches("<script").count() + 1);
    }
}
