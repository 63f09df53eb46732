//! The binary and the plugin files as the build of the workspace leaves them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

/// The file of a plugin of this workspace, built.
pub fn built_plugin(package: &str) -> PathBuf {
    existing(built().join(format!("lib{}.so", package.replace('-', "_"))))
}

/// The file of a program of this workspace, built.
pub fn built_program(name: &str) -> PathBuf {
    existing(built().join(name))
}

/// The file of the plugin that misbehaves on demand.
pub fn hostile_plugin() -> PathBuf {
    existing(built().join("examples/libhostile.so"))
}

/// The file of the plugin that does what its script says.
pub fn scripted_plugin() -> PathBuf {
    existing(built().join("examples/libscripted.so"))
}

/// The file of the plugin whose strategies break one promise each.
pub fn bad_plugin() -> PathBuf {
    existing(built().join("examples/libbad.so"))
}

/// The binary, ready for arguments, with nothing of the environment that changes what it does.
pub fn genomenas() -> Command {
    program_at(&built().join("genomenas"))
}

/// The program installed in a folder of its own, with nothing beside it.
#[derive(Debug)]
pub struct Installation(TempDir);

impl Installation {
    /// Installs the program where no plugin lies beside it.
    pub fn new() -> Self {
        // Below the folder of the build, so that the files (50 MB) can be links.
        let folder = tempfile::tempdir_in(built()).unwrap();
        for name in ["genomenas", "genomenas-train", "genomenas-plugin-host"] {
            fs::hard_link(built().join(name), folder.path().join(name)).unwrap();
        }
        Self(folder)
    }

    /// The folder of the program.
    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// The program, as [`genomenas()`] gives it.
    pub fn genomenas(&self) -> Command {
        program_at(&self.folder().join("genomenas"))
    }
}

impl Default for Installation {
    fn default() -> Self {
        Self::new()
    }
}

/// A copy of the program, in the same surroundings as [`genomenas()`].
pub fn program_at(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_remove("GENOMENAS_PLUGINS")
        .env_remove("GENOMENAS_PLUGIN_HOST")
        .env_remove("RUST_LOG")
        // What is set in place of these is told.
        .env_remove("OMP_NUM_THREADS")
        .env_remove("MKL_NUM_THREADS")
        // Plugins that the person who tests has installed.
        .env("XDG_DATA_HOME", "/nonexistent")
        // Crashes that tests ask for must not count, and nothing can be written below a device.
        .env("XDG_STATE_HOME", "/dev/null")
        .env("COLUMNS", "120");
    command
}

/// A build folder of this name beside that of the workspace, for crates that are not of it.
pub fn target(name: &str) -> PathBuf {
    built().parent().unwrap().join(name)
}

fn existing(path: PathBuf) -> PathBuf {
    assert!(path.is_file(), "the build of the workspace made no {}", path.display());
    path
}

/// The folder of the built libraries and binaries.
///
/// `cargo test` builds what a test depends on, but a plugin is a file that nothing depends on. So the first test that
/// needs one builds the workspace, with the profile and in the folder of this very test binary.
fn built() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let folder = test.parent().and_then(Path::parent).unwrap();
        let profile = match folder.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(profile) => profile,
        };
        let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()));
        build
            .args(["build", "--quiet", "--workspace", "--lib", "--bins", "--examples", "--profile", profile])
            .arg("--target-dir")
            .arg(folder.parent().unwrap_or(folder))
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
        let status = build.status().unwrap();
        assert!(status.success(), "cannot build the workspace: {status}");
        folder.to_owned()
    })
}
