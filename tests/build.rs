//! Lets the test binaries find libtorch, which they link through the host's library, where that found it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if let Ok(lib) = std::env::var("DEP_GENOMENAS_LIBTORCH") {
        for argument in ["-rpath", &lib] {
            println!("cargo:rustc-link-arg-tests=-Xlinker");
            println!("cargo:rustc-link-arg-tests={argument}");
        }
    }
}
