//! `genomenas-plugin-host [--memory BYTES]`: see the library. The socket to the host is on standard input.

use std::io::{self, Write as _};
use std::process::ExitCode;

use genomenas_plugin_host::{confine, serve};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without standard error, nobody can be told.
            let _ = writeln!(io::stderr(), "genomenas-plugin-host: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> io::Result<()> {
    let memory = memory_argument()?;
    let socket = confine::take_socket()?;
    confine::limits(memory)?;
    serve::serve(socket)
}

fn memory_argument() -> io::Result<Option<u64>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let refuse = |why: String| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Ok(None),
        ["--memory", bytes] => match bytes.parse() {
            Ok(bytes) => Ok(Some(bytes)),
            Err(_) => refuse(format!("--memory takes a number of bytes, got `{bytes}`")),
        },
        _ => refuse("usage: genomenas-plugin-host [--memory BYTES]; genomenas starts it by itself".to_owned()),
    }
}
