//! Links the program and its tests with the libtorch of `genomenas-torch`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if let Ok(arguments) = std::env::var("DEP_GENOMENAS_TORCH_LINK_ARGUMENTS") {
        for argument in arguments.split('\t') {
            println!("cargo:rustc-link-arg={argument}");
        }
    }
}
