//! The `sessionize` program.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    sessionize::internals::main(std::env::args_os().collect()).into()
}
