//! Links the worker with the libtorch of `genomenas-torch`, and several plugins.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Every plugin defines the header of a library, which nobody looks for here.
    println!("cargo:rustc-link-arg=-Wl,--allow-multiple-definition");
    if let Ok(arguments) = std::env::var("DEP_GENOMENAS_TORCH_LINK_ARGUMENTS") {
        for argument in arguments.split('\t') {
            println!("cargo:rustc-link-arg={argument}");
        }
    }
}
