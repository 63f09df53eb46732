//! The command line; see [`genomenas::cli`].

fn main() -> std::process::ExitCode {
    genomenas::cli::main(None)
}
