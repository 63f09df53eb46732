//! `genomenas-plugin-host [--memory BYTES]`: see the library. The socket to the host is on standard input.

use std::io::Write as _;
use std::process::ExitCode;

use genomenas_plugin_host::{confine, serve};

fn main() -> ExitCode {
    let memory = match memory_argument() {
        Ok(memory) => memory,
        Err(message) => return told(&message),
    };
    let served = confine::take_socket().and_then(|socket| {
        confine::limits(memory)?;
        serve::serve(socket)
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => told(&error.to_string()),
    }
}

fn memory_argument() -> Result<Option<u64>, String> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Ok(None),
        ["--memory", bytes] => match bytes.parse() {
            Ok(bytes) => Ok(Some(bytes)),
            Err(_) => Err(format!("--memory takes a number of bytes, got `{bytes}`")),
        },
        _ => Err("usage: genomenas-plugin-host [--memory BYTES]; genomenas starts it by itself".to_owned()),
    }
}

fn told(message: &str) -> ExitCode {
    // Without standard error there is nowhere to tell.
    let _ = writeln!(std::io::stderr(), "genomenas-plugin-host: {message}");
    ExitCode::from(2)
}
