//! Lets the test binaries find libtorch, which they link through the host's library, where that found it, and link
//! several plugins.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Every plugin defines the header of a library, which nobody looks for in a test.
    println!("cargo:rustc-link-arg-tests=-Wl,--allow-multiple-definition");
    println!("cargo:rustc-link-arg-benches=-Wl,--allow-multiple-definition");
    if let Ok(arguments) = std::env::var("DEP_GENOMENAS_LINK_ARGUMENTS") {
        for argument in arguments.split('\t') {
            println!("cargo:rustc-link-arg-tests={argument}");
            println!("cargo:rustc-link-arg-benches={argument}");
        }
    }
}
