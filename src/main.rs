use std::process::ExitCode;

fn main() -> ExitCode {
    banwatch::cli::main()
}
