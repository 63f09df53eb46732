//! What is answered to a browser.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use genomenas_data::hash::sha256;
use genomenas_data::text::printable;

use super::pages::Pages;

/// Asked for after a page's address, it is answered with the version of the page alone.
const VERSION: &str = "version";

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// On every answer. The address holds the token: it is neither kept nor passed on.
const HEADERS: [(HeaderName, &str); 4] = [
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
];

/// What is served, to whom.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) pages: Pages,
    pub(super) token: String,
    pub(super) port: u16,
}

/// A status, what the content is, and the content.
type Answer = (StatusCode, &'static str, String);

/// Answers whatever is asked.
pub(super) fn router(served: Arc<Served>) -> Router {
    Router::new().fallback(answer).with_state(served)
}

async fn answer(State(served): State<Arc<Served>>, request: Request) -> Response {
    // Reading folders would keep everybody else waiting.
    let made = tokio::task::spawn_blocking(move || served.answer(&request)).await;
    let (status, kind, content) = made.unwrap_or_else(|error| {
        refusal(StatusCode::INTERNAL_SERVER_ERROR, &format!("the page could not be made: {error}"))
    });
    let allowed = (status == StatusCode::METHOD_NOT_ALLOWED).then_some([(ALLOW, "GET, HEAD")]);
    (status, HEADERS, allowed, [(CONTENT_TYPE, kind)], content).into_response()
}

impl Served {
    fn answer(&self, request: &Request) -> Answer {
        if !self.is_for_us(request) {
            return refusal(StatusCode::FORBIDDEN, "this is answered to browsers of the machine itself");
        }
        if ![Method::GET, Method::HEAD].contains(request.method()) {
            return refusal(StatusCode::METHOD_NOT_ALLOWED, "there is nothing here but to read");
        }
        let path = request.uri().path().strip_prefix('/').unwrap_or_default();
        let Some((_, name)) = path.split_once('/').filter(|(token, _)| self.knows(token)) else {
            return refusal(StatusCode::NOT_FOUND, "open the address that `genomenas ui` printed, with its token");
        };
        match self.pages.page(&decoded(name)) {
            Ok(Some(page)) if request.uri().query() == Some(VERSION) => (StatusCode::OK, TEXT, page.version.clone()),
            Ok(Some(page)) => (StatusCode::OK, HTML, page.html.clone()),
            Ok(None) => {
                refusal(StatusCode::NOT_FOUND, "there is no such page: the run has not begun, or the address is wrong")
            }
            Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &printable(&error.to_string())),
        }
    }

    /// Whether the browser asked for this machine by its own name. A page of elsewhere whose name was made to lead here
    /// would ask for that name.
    fn is_for_us(&self, request: &Request) -> bool {
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        host.is_some_and(|host| ["127.0.0.1", "localhost"].iter().any(|own| host == format!("{own}:{}", self.port)))
    }

    /// Whether it is the token; digests are compared, so that the time taken tells nothing of it.
    fn knows(&self, token: &str) -> bool {
        sha256(token.as_bytes()) == sha256(self.token.as_bytes())
    }
}

fn refusal(status: StatusCode, why: &str) -> Answer {
    (status, TEXT, format!("{why}\n"))
}

/// A part of an address with its `%20` and the like as the bytes that they stand for; as it is where they are not text.
fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8().map_or_else(|_| part.to_owned(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_equals_signs_of_folders_are_understood() {
        assert_eq!(decoded("runs/danq%20width=0.1/seed-1/report.html"), "runs/danq width=0.1/seed-1/report.html");
        assert_eq!(decoded("runs/%ff"), "runs/%ff");
    }
}
