//! The `sessionize` program.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    sessionize::internals::main(&words).into()
}
