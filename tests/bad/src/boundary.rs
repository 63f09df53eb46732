//! The boundary of the plugin, written by hand as another implementation of it might be, to break what is promised of
//! messages.

use genomenas_abi::{
    CheckTypeLayout, FfiCode, FfiError, FfiResult, FfiStrategy, FfiStrategy_TO, LibHeader, PluginRoot, PluginRootRef,
    PrefixTypeTrait as _, RErr, ROk, RSlice, RStr, RVec, RootModuleResult, StrategyBox, TD_Opaque,
    call_root_module_loader,
};
use genomenas_plugin::message::Setup;
use genomenas_plugin::{Error, ErrorCode, Instance, serde_json, strategies, strategy};
use serde_json::Value;

/// The record of the plugin.
const RECORD: &str = concat!(
    "\x1e{\"record\":\"plugin\",\"format\":\"genomenas-plugin/1\",\"abi\":1,\"protocol\":\"1.3\",\"sdk\":\"by hand\",",
    "\"id\":\"bad\",\"version\":\"0.1.0\",\"description\":\"Breaks promises\",\"license\":\"MIT\",\"panic\":\"unwind\"}\n"
);

#[used]
#[expect(unsafe_code, reason = "where the host looks for the manifest")]
// SAFETY: the section holds nothing but records.
#[unsafe(link_section = ".genomenas")]
static IN_SECTION: [u8; RECORD.len()] = {
    let mut record = [0; RECORD.len()];
    record.copy_from_slice(RECORD.as_bytes());
    record
};

/// Whether the loaded library says the same as its file: the last letters, for a test to change in the file.
#[used]
static AGREES: [u8; 16] = *b"bad-agrees:yes!!";

#[used]
#[expect(unsafe_code, reason = "the header of a library, as `export_plugin!` writes it")]
// SAFETY: the name is what the host looks for, and no other symbol has it.
#[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
// SAFETY: `root_module` returns a `PluginRootRef`, the type that is named here.
static HEADER: LibHeader = unsafe { LibHeader::from_constructor::<PluginRootRef>(root_module, CheckTypeLayout::Yes) };

extern "C" fn root_module() -> RootModuleResult {
    call_root_module_loader(|| PluginRoot { manifest, create }.leak_into_prefix())
}

extern "C" fn manifest() -> RVec<u8> {
    // SAFETY: it is a static of this type.
    #[expect(unsafe_code, reason = "the compiler must not know what stands there")]
    let agrees = unsafe { std::ptr::read_volatile(&raw const AGREES) };
    let records = strategies().into_iter().map(|registration| registration.record);
    let wanted = if agrees.ends_with(b"yes!!") { usize::MAX } else { 1 };
    let records: Vec<&[u8]> = std::iter::once(RECORD.as_bytes()).chain(records.take(wanted)).collect();
    records.concat().into()
}

extern "C" fn create(id: RStr<'_>, setup: RSlice<'_, u8>) -> FfiResult<StrategyBox> {
    let build = || {
        let setup: Setup = serde_json::from_slice(setup.as_slice())?;
        let breaks = setup.parameters.get("breaks").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok::<_, Error>(ByHand { instance: strategy(id.as_str())?.build(&setup)?, breaks })
    };
    match build() {
        Ok(instance) => ROk(FfiStrategy_TO::from_value(instance, TD_Opaque)),
        Err(error) => refusal(&error),
    }
}

/// An instance; a panic in it ends the process.
struct ByHand {
    instance: Box<dyn Instance>,
    breaks: String,
}

impl ByHand {
    /// Reads a message, or breaks what is promised of it.
    fn read<T: serde::de::DeserializeOwned>(&self, bytes: RSlice<'_, u8>, known: &[&str]) -> Result<T, Error> {
        let read = serde_json::from_slice::<Value>(bytes.as_slice());
        match (self.breaks.as_str(), &read) {
            ("garbage", Err(_)) => std::process::abort(),
            ("unknown-fields", Ok(Value::Object(fields))) => {
                if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
                    return Err(Error::invalid(format!("unknown field `{name}`")));
                }
            }
            _ => {}
        }
        Ok(serde_json::from_value(read?)?)
    }
}

const ASK: [&str; 6] = ["budget", "remaining", "used", "next_trial", "in_flight", "slots"];
const REPORT: [&str; 8] = ["trial", "cost", "remaining", "epoch", "score", "alphas", "drawn_anew", "end"];

impl FfiStrategy for ByHand {
    fn propose(&mut self, ask: RSlice<'_, u8>) -> FfiResult<RVec<u8>> {
        reply(self.read(ask, &ASK).and_then(|ask| Ok(serde_json::to_vec(&self.instance.propose(&ask)?)?)))
    }

    fn update(&mut self, report: RSlice<'_, u8>) -> FfiResult<RVec<u8>> {
        reply(self.read(report, &REPORT).and_then(|report| self.instance.update(&report)).map(|()| Vec::new()))
    }

    fn discard(&mut self, report: RSlice<'_, u8>) -> FfiResult<RVec<u8>> {
        reply(self.read(report, &REPORT).and_then(|report| Ok(serde_json::to_vec(&self.instance.discard(&report)?)?)))
    }

    fn save(&self) -> FfiResult<RVec<u8>> {
        reply(self.instance.save())
    }

    fn load(&mut self, state: RSlice<'_, u8>) -> FfiResult<RVec<u8>> {
        reply(self.instance.load(state.as_slice()).map(|()| Vec::new()))
    }

    fn extension(&mut self, name: RStr<'_>, _: RSlice<'_, u8>) -> FfiResult<RVec<u8>> {
        refusal(&Error { code: ErrorCode::Unsupported, message: format!("there is no extension `{}`", name.as_str()) })
    }
}

fn reply(result: Result<Vec<u8>, Error>) -> FfiResult<RVec<u8>> {
    match result {
        Ok(bytes) => ROk(bytes.into()),
        Err(error) => refusal(&error),
    }
}

fn refusal<T>(error: &Error) -> FfiResult<T> {
    RErr(FfiError { code: FfiCode(error.code.to_u32()), message: error.message.as_str().into() })
}
