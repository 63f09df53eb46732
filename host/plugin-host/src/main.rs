//! `genomenas-plugin-host`: see the library. `genomenas` starts it.

use std::io::{self, Write as _};
use std::process::ExitCode;

use genomenas_plugin_host::arguments::{Arguments, Role};
use genomenas_plugin_host::plugin;
use genomenas_plugin_host::supervise::{self, End};

fn main() -> ExitCode {
    match run() {
        Ok(End::Code(code)) => ExitCode::from(code),
        Ok(End::Signal(signal)) => {
            supervise::die_of(signal);
            // As a shell says it, where the signal ends nothing.
            ExitCode::from(u8::try_from(128 + signal).unwrap_or(2))
        }
        Err(error) => {
            // Without standard error, nobody can be told.
            let _ = writeln!(io::stderr(), "genomenas-plugin-host: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> io::Result<End> {
    let refuse = |why: String| io::Error::new(io::ErrorKind::InvalidInput, why);
    let arguments = Arguments::read(std::env::args_os().skip(1)).map_err(|error| refuse(error.to_string()))?;
    match arguments.role {
        Role::Supervise => supervise::supervise(&arguments),
        Role::Plugin => plugin::run(&arguments).map(|()| End::Code(0)),
        Role::Protections => {
            let protections = plugin::protections(&arguments).map_err(refuse)?;
            writeln!(io::stdout(), "{}", serde_json::to_string(&protections)?)?;
            Ok(End::Code(0))
        }
    }
}
