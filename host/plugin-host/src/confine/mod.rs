//! Confinement: what the process of a plugin gives up before it loads the library.
//!
//! Landlock decides which files may be opened, seccomp which system calls may be made. Both hold for everything that
//! the process does from then on and cannot be taken back, not even by root. A refusal is an error to the plugin (EPERM
//! or EACCES), and not its end. Where the kernel lacks a mechanism, the rest is done without it, and said.

mod calls;
mod files;

use std::path::Path;

use crate::arguments::Mechanism;
use crate::protections::Protections;

/// Confines this process, which must have one thread, to `library` and `scratch`.
///
/// # Errors
///
/// The kernel has a mechanism and refuses to apply it; in words.
pub fn confine(library: Option<&Path>, scratch: Option<&Path>, without: &[Mechanism]) -> Result<Protections, String> {
    let mut protections = Protections::default();
    if without.contains(&Mechanism::Landlock) {
        protections.off.push("files (Landlock is turned off for a test)".to_owned());
    } else {
        files::confine(library, scratch, &mut protections)?;
    }
    if without.contains(&Mechanism::Seccomp) {
        protections.off.push(format!("{} (seccomp is turned off for a test)", calls::PROTECTED));
    } else {
        calls::confine(&mut protections)?;
    }
    Ok(protections)
}
