//! Answering the host's calls, one after the other, until it hangs up.

use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;

use genomenas_abi::{FfiResult, PluginRootRef, RErr, ROk, RVec, StrategyBox};

use crate::load;
use crate::protections::Protections;
use crate::wire::{self, Create, Frame, Hello, Kind, code};

/// Greets with what the plugin is protected from, then answers until the other side closes the socket. Where this
/// process could not be made ready, says why instead.
///
/// # Errors
///
/// The socket breaks, or the other side speaks another version.
pub fn serve(mut socket: UnixStream, ready: Result<Protections, String>) -> io::Result<()> {
    let hello = Frame::read(&mut socket)?.filter(|frame| frame.kind == Kind::Hello);
    let Some(hello) = hello.and_then(|frame| serde_json::from_slice::<Hello>(&frame.body).ok()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "expected a hello first"));
    };
    // Sent before the versions are compared, so that the host sees the difference, too.
    let answer = match ready {
        Ok(protections) => Hello { protections: Some(protections), ..Hello::here() },
        Err(why) => Hello { refused: Some(why), ..Hello::here() },
    };
    Frame { kind: Kind::Hello, call: 0, body: serde_json::to_vec(&answer)? }.write(&mut socket)?;
    if answer.refused.is_some() {
        return Ok(());
    }
    if hello.version != wire::VERSION {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("the host speaks version {}, this child {}", hello.version, wire::VERSION),
        ));
    }
    let mut plugin = Plugin { root: None, instance: None, other: None };
    while let Some(call) = Frame::read(&mut socket)? {
        let answer = match plugin.answer(&call) {
            Ok(body) => Frame { kind: Kind::Reply, call: call.call, body },
            Err(failure) => Frame::failure(call.call, failure.code, &failure.message),
        };
        if answer.body.len() > wire::MAX_BODY {
            let refusal = format!("a reply of {} bytes; at most {} are allowed", answer.body.len(), wire::MAX_BODY);
            Frame::failure(call.call, code::TOO_LONG, &refusal).write(&mut socket)?;
        } else {
            answer.write(&mut socket)?;
        }
    }
    Ok(())
}

/// The one plugin of this process.
struct Plugin {
    root: Option<PluginRootRef>,
    instance: Option<StrategyBox>,
    /// A second instance, where a check wants two side by side.
    other: Option<StrategyBox>,
}

struct Failure {
    code: u32,
    message: String,
}

impl Plugin {
    fn answer(&mut self, call: &Frame) -> Result<Vec<u8>, Failure> {
        let body = call.body.as_slice();
        match call.kind {
            Kind::Open => {
                if self.root.is_some() {
                    return Err(misuse("a library is loaded already"));
                }
                let path = Path::new(std::ffi::OsStr::from_bytes(body));
                let root =
                    load::open(path).map_err(|error| Failure { code: code::OPEN, message: error.to_string() })?;
                self.root = Some(root);
                Ok(root.manifest()().into())
            }
            Kind::Create => {
                let root = self.root.ok_or_else(|| misuse("no library is loaded"))?;
                let Create { strategy, setup } = serde_json::from_slice(body)
                    .map_err(|error| misuse(&format!("not an order to create: {error}")))?;
                let instance = plain(root.create()(strategy.as_str().into(), setup.as_bytes().into()))?;
                self.instance = Some(instance);
                Ok(Vec::new())
            }
            Kind::Propose => bytes(self.instance()?.propose(body.into())),
            Kind::Update => bytes(self.instance()?.update(body.into())),
            Kind::Discard => bytes(self.instance()?.discard(body.into())),
            Kind::Save => bytes(self.instance()?.save()),
            Kind::Load => bytes(self.instance()?.load(body.into())),
            Kind::Swap => {
                std::mem::swap(&mut self.instance, &mut self.other);
                Ok(Vec::new())
            }
            Kind::Hello | Kind::Reply | Kind::Failure => Err(misuse("not a call")),
        }
    }

    fn instance(&mut self) -> Result<&mut StrategyBox, Failure> {
        self.instance.as_mut().ok_or_else(|| misuse("no instance is made"))
    }
}

fn misuse(message: &str) -> Failure {
    Failure { code: code::MISUSE, message: message.to_owned() }
}

fn plain<T>(result: FfiResult<T>) -> Result<T, Failure> {
    match result {
        ROk(value) => Ok(value),
        RErr(error) => Err(Failure { code: error.code.0, message: error.message.into() }),
    }
}

fn bytes(result: FfiResult<RVec<u8>>) -> Result<Vec<u8>, Failure> {
    plain(result).map(Into::into)
}
