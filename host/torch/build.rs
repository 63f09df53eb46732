//! Compiles the kernels, lets this crate's tests find, without environment variables, the libtorch they were linked with,
//! and reports to dependents how to do the same.

use std::env;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=kernels");
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

    compile_kernels(Path::new(&lib));

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
    // Kernels use the threads of libtorch, so the OpenMP that it brings along, whatever its name.
    let openmp = openmp_of(Path::new(&lib)).map_or_else(|| "-lgomp".to_owned(), |file| file.display().to_string());
    arguments.extend(["-Xlinker", &openmp]);
    // See kernels/processor.cpp.
    arguments.push("-Wl,--export-dynamic-symbol=mkl_serv_intel_cpu_true");
    for argument in &arguments {
        println!("cargo:rustc-link-arg={argument}");
    }
    // Arguments hold for the package that prints them alone: dependents with binaries or tests repeat them.
    println!("cargo:link_arguments={}", arguments.join("\t"));
}

/// The library of the C++ files of `kernels/`.
fn compile_kernels(lib: &Path) {
    let include = env::var_os("LIBTORCH_INCLUDE").map_or_else(|| lib.join(".."), PathBuf::from).join("include");
    let build = |name: &str, files: &[&str], flags: &[&str]| {
        let mut build = cc::Build::new();
        build.cpp(true).std("c++17").opt_level(3).warnings(true).extra_warnings(true);
        for flag in ["-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"].iter().chain(flags) {
            build.flag(flag);
        }
        // System headers: their warnings are not ours.
        build.flag("-isystem").flag(&include);
        build.flag("-isystem").flag(include.join("torch/csrc/api/include"));
        build.files(files.iter().map(|file| Path::new("kernels").join(file))).compile(name);
    };
    build(
        "genomenas_kernels",
        &[
            "interface.cpp",
            "convolution.cpp",
            "emulated.cpp",
            "flat_update.cpp",
            "highway.cpp",
            "highway_cuda.cpp",
            "norm.cpp",
            "optimizer.cpp",
            "processor.cpp",
            "team.cpp",
            "transfer.cpp",
        ],
        &["-fopenmp"],
    );
    let of_instructions = |name: &str, flags: &[&str]| {
        let files = ["cell", "convolution", "norm"].map(|kernel| format!("{kernel}_{name}.cpp"));
        let flags = [&["-fopenmp-simd"], flags].concat();
        build(&format!("genomenas_{name}"), &files.each_ref().map(String::as_str), &flags);
    };
    of_instructions("baseline", &[]);
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "x86_64") {
        let avx2 = ["-mavx2", "-mfma"];
        of_instructions("avx2", &avx2);
        let avx512 = ["-mavx512f", "-mavx512bw", "-mavx512cd", "-mavx512dq", "-mavx512vl", "-mprefer-vector-width=512"];
        of_instructions("avx512", &[&avx2[..], &avx512].concat());
    }
}

/// The OpenMP beside libtorch, if there is one.
fn openmp_of(lib: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(lib).ok()?.filter_map(|file| Some(file.ok()?.path()));
    let is_openmp = |file: &PathBuf| {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.contains(".so") && (name.starts_with("libgomp") || name.starts_with("libiomp5"))
    };
    files.filter(is_openmp).min()
}
