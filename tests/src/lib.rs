//! What the integration tests share: the built binary and the built plugin files.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The file of a plugin of this workspace, built.
///
/// # Panics
///
/// It cannot be built.
pub fn built_plugin(package: &str) -> PathBuf {
    let path = built().join(format!("lib{}.so", package.replace('-', "_")));
    assert!(
        path.is_file(),
        "the build of the workspace made no {}",
        path.display()
    );
    path
}

/// The binary, ready for arguments, with nothing of the environment that changes what it does.
pub fn genomenas() -> Command {
    let mut command = Command::new(built().join("genomenas"));
    command
        .env_remove("GENOMENAS_PLUGINS")
        .env_remove("GENOMENAS_PLUGIN_HOST")
        .env_remove("RUST_LOG");
    command
}

/// The folder of the built libraries and binaries.
///
/// `cargo test` builds what a test depends on, but a plugin is a file that nothing depends on. So the first test that
/// needs one builds the workspace, with the profile and in the folder of this very test binary.
#[expect(
    clippy::panic,
    reason = "this is the tests' own code: without a build there is nothing to test"
)]
fn built() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let Ok(test) = std::env::current_exe() else {
            panic!("this test's binary has no path")
        };
        let Some(folder) = test.parent().and_then(Path::parent) else {
            panic!("no folder above {}", test.display())
        };
        let profile = match folder.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(profile) => profile,
        };
        let mut build =
            Command::new(std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()));
        build
            .args([
                "build",
                "--quiet",
                "--workspace",
                "--lib",
                "--bins",
                "--profile",
                profile,
                "--target-dir",
            ])
            .arg(folder.parent().unwrap_or(folder))
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
        match build.status() {
            Ok(status) if status.success() => folder.to_owned(),
            other => panic!("cannot build the workspace: {other:?}"),
        }
    })
}
