//! Lets the test binaries link several plugins.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Every plugin defines the header of a library, which nobody looks for in a test.
    println!("cargo:rustc-link-arg-tests=-Wl,--allow-multiple-definition");
    println!("cargo:rustc-link-arg-benches=-Wl,--allow-multiple-definition");
}
