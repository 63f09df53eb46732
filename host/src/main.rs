//! The command line; see [`genomenas::cli`].

mod before;

fn main() -> std::process::ExitCode {
    genomenas::cli::main()
}
