//! `genomenas ui`: pages in a browser of this machine, and for nobody else.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};

use genomenas_tests::comparisons::{compare, go_on, run_folder};
use genomenas_tests::runs::{motif_store, train, wait_until};
use genomenas_tests::{Outcome, genomenas};

/// A server of a folder's pages, which ends with the test.
struct Ui {
    child: Child,
    /// "127.0.0.1:1234".
    host: String,
    /// "/0f…/".
    path: String,
}

impl Ui {
    fn of(folder: &Path) -> Self {
        let mut child = genomenas().arg("ui").arg(folder).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (host, path) = line.trim().strip_prefix("http://").unwrap().split_once('/').unwrap();
        Self { child, host: host.to_owned(), path: format!("/{path}") }
    }

    /// Head and body of the answer to a request as it stands, but for the end of its head.
    fn says(&self, request: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        write!(stream, "{request}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_lowercase(), body.to_owned())
    }

    fn get(&self, path: &str) -> (String, String) {
        self.says(&format!("GET {path} HTTP/1.1\r\nHost: {}", self.host))
    }

    /// The body of a page below the first one, which must be there.
    fn page(&self, name: &str) -> String {
        let (head, body) = self.get(&format!("{}{name}", self.path));
        assert!(head.starts_with("http/1.1 200"), "{name}: {head} {body}");
        body
    }
}

impl Drop for Ui {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A page without what makes it live.
fn as_a_file(page: &str) -> String {
    let (before, after) = page.split_once("<script data-live=").unwrap();
    let (_, after) = after.split_once("</script>").unwrap();
    format!("{before}{after}").replace("default-src 'none'; connect-src 'self';", "default-src 'none';")
}

#[test]
fn a_comparison_and_its_runs_are_shown_as_their_files_are() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (motif_store(folder.path()), folder.path().join("out"));
    Outcome::text(&mut compare(&store, &out, ""));
    let ui = Ui::of(&out);
    assert_eq!(as_a_file(&ui.page("")), std::fs::read_to_string(out.join("report.html")).unwrap());
    let run = run_folder(&out, 0, 1);
    let name = format!("{}/report.html", run.strip_prefix(&out).unwrap().display());
    assert_eq!(as_a_file(&ui.page(&name)), std::fs::read_to_string(run.join("report.html")).unwrap());
    // The same where the browser writes the address in its way.
    assert_eq!(ui.page(&name.replace('=', "%3D")), ui.page(&name));
}

#[test]
fn the_page_of_a_run_is_shown_alone_where_its_folder_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (motif_store(folder.path()), folder.path().join("trained"));
    Outcome::text(&mut train(&store, &out, "--epochs 1"));
    let ui = Ui::of(&out);
    assert!(ui.page("").contains("Validation AUROC"));
    assert!(ui.get(&format!("{}report.html", ui.path)).0.starts_with("http/1.1 404"));
}

#[test]
fn the_version_changes_when_runs_end_and_only_then() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (motif_store(folder.path()), folder.path().join("out"));
    Outcome::text(&mut compare(&store, &out, ""));
    std::fs::remove_file(run_folder(&out, 1, 1).join("result.json")).unwrap();
    let ui = Ui::of(&out);
    let before = ui.page("?version");
    assert_eq!(before.len(), 64);
    assert!(ui.page("").contains(&format!("data-live=\"{before}\"")));
    assert_eq!(ui.page("?version"), before);
    Outcome::text(&mut go_on(&out, ""));
    wait_until("the page was made anew", || ui.page("?version") != before);
}

#[test]
fn nobody_without_the_token_and_no_other_name_of_this_machine_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (motif_store(folder.path()), folder.path().join("trained"));
    Outcome::text(&mut train(&store, &out, "--epochs 1"));
    let ui = Ui::of(&out);
    assert!(ui.host.starts_with("127.0.0.1:"));
    for path in ["/", "/report.html", &format!("/{}/", "0".repeat(32)), "//"] {
        let (head, body) = ui.get(path);
        assert!(head.starts_with("http/1.1 404"), "{path}: {head}");
        assert!(body.contains("with its token") && !body.contains("<html"), "{path}: {body}");
    }
    for host in ["example.org", "127.0.0.1", "127.0.0.1.example.org:80"] {
        let (head, body) = ui.says(&format!("GET {} HTTP/1.1\r\nHost: {host}", ui.path));
        assert!(head.starts_with("http/1.1 403"), "{host}: {head}");
        assert!(body.contains("browsers of the machine itself"), "{host}: {body}");
    }
    let (_, port) = ui.host.split_once(':').unwrap();
    let (head, _) = ui.says(&format!("GET {} HTTP/1.1\r\nHost: localhost:{port}", ui.path));
    assert!(head.starts_with("http/1.1 200"), "{head}");
}

#[test]
fn there_is_nothing_but_pages_and_nothing_but_reading() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (motif_store(folder.path()), folder.path().join("out"));
    Outcome::text(&mut compare(&store, &out, ""));
    let ui = Ui::of(&out);
    for name in
        ["comparison.toml", "../out/comparison.toml", "runs/../report.html", "%2e%2e/store.arrow", "/etc/passwd"]
    {
        let (head, body) = ui.get(&format!("{}{name}", ui.path));
        assert!(head.starts_with("http/1.1 404"), "{name}: {head}");
        assert!(body.contains("no such page"), "{name}: {body}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let (head, _) = ui.says(&format!("{method} {} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0", ui.path, ui.host));
        assert!(head.starts_with("http/1.1 405") && head.contains("allow: get, head"), "{method}: {head}");
    }
    let (head, _) = ui.get(&ui.path.clone());
    for said in ["cache-control: no-store", "referrer-policy: no-referrer", "x-frame-options: deny"] {
        assert!(head.contains(said), "{head}");
    }
}

#[test]
fn a_folder_that_is_neither_and_a_port_that_is_taken_are_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = genomenas();
    command.arg("ui").arg(folder.path());
    let told = Outcome::refusal(&mut command, 2);
    assert!(told.contains("is not the folder of a comparison or of a run"), "{told}");
    let (store, out) = (motif_store(folder.path()), folder.path().join("trained"));
    Outcome::text(&mut train(&store, &out, "--epochs 1"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = genomenas();
    command.arg("ui").arg(&out).args(["--port", &taken.local_addr().unwrap().port().to_string()]);
    let told = Outcome::refusal(&mut command, 1);
    assert!(told.contains("cannot listen on 127.0.0.1:") && told.contains("--port 0"), "{told}");
}
