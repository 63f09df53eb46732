//! Lets this crate's tests find, without environment variables, the libtorch they were linked with, and reports to
//! dependents how to do the same.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // torch-sys says where libtorch came from, whichever way it was named: LIBTORCH, LIBTORCH_USE_PYTORCH, the default.
    // It says nothing when built for documentation only, and then nothing is linked.
    let Ok(lib) = env::var("DEP_TCH_LIBTORCH_LIB") else {
        return;
    };
    // `make libtorch-cuda` changes the folder's content and no variable. A folder that is missing now is not named,
    // because cargo would take that for a change at every build.
    if Path::new(&lib).is_dir() {
        println!("cargo:rerun-if-changed={lib}");
    }

    let mut arguments = Vec::new();
    // The folder itself first, then the places beside the binary (target/release) and the tests
    // (target/release/deps), which still hold after the repository has been moved.
    for folder in [&lib, "$ORIGIN/../libtorch/lib", "$ORIGIN/../../libtorch/lib"] {
        // -Xlinker rather than -Wl, which would split a path at its commas.
        arguments.extend(["-Xlinker", "-rpath", "-Xlinker", folder]);
    }
    // No symbol of libtorch_cuda is named by the bindings: it registers itself when loaded. Under the linker's usual
    // --as-needed it would be left out, and libtorch would report that there is no GPU.
    if Path::new(&lib).join("libtorch_cuda.so").exists() {
        arguments.extend(["-Wl,--no-as-needed", "-ltorch_cuda", "-Wl,--as-needed"]);
    }
    for argument in &arguments {
        println!("cargo:rustc-link-arg={argument}");
    }
    // Arguments hold for the package that prints them alone: dependents with binaries or tests repeat them.
    println!("cargo:link_arguments={}", arguments.join("\t"));
}
