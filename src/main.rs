//! The `sessionize` program.

fn main() -> std::process::ExitCode {
    sessionize::cli::main()
}
