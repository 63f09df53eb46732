//! Ways to answer otherwise than the interface allows: past it, with frames of its own on the socket to the host.

use std::fs::File;
use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd as _;
use std::os::unix::fs::FileTypeExt as _;
use std::time::Duration;

use genomenas_plugin::message::Proposal;
use genomenas_plugin::serde_json;

use crate::hangs;

/// The kind of a frame that answers a call.
const REPLY: u8 = 64;

/// Does it, if `misbehave` is one of them: answers the call of this number, in place of `proposal`.
pub(crate) fn reply(misbehave: &str, call: u32, proposal: &Proposal) {
    let Some(mut socket) = socket() else { return };
    // A host that has had enough is no reason to stop.
    let mut send = |kind: u8, length: u32, body: &[u8]| {
        let frame = [&length.to_le_bytes(), [kind].as_slice(), &call.to_le_bytes(), body].concat();
        let _ = socket.write_all(&frame);
    };
    let whole = |body: &[u8]| u32::try_from(body.len() + 5).unwrap_or(u32::MAX);
    let number = |text: &str| {
        let valid = serde_json::to_string(proposal).unwrap_or_default();
        valid.replace("\"learning_rate\":0.01", &format!("\"learning_rate\":{text}")).into_bytes()
    };
    let body = match misbehave {
        "reply-drip" => {
            send(REPLY, 1000, b"");
            loop {
                std::thread::sleep(Duration::from_secs(1));
                let _ = socket.write_all(b"[");
            }
        }
        "reply-gigabyte" => {
            send(REPLY, 1 << 30, &[b'['; 4096]);
            hangs::sleep();
            return;
        }
        "reply-kind" => {
            send(99, 5, b"");
            hangs::sleep();
            return;
        }
        "reply-half" => {
            send(REPLY, 1000, b"{\"type\":");
            std::process::abort();
        }
        "reply-empty" => Vec::new(),
        "reply-deep" => [b"{\"x\":".to_vec(), vec![b'['; 1_000_000]].concat(),
        "reply-not-text" => b"{\"type\":\"\xff\xfe\"}".to_vec(),
        "reply-overflow" => number("1e999"),
        "reply-nan" => number("NaN"),
        "reply-twice" => number("0.01"),
        _ => return,
    };
    send(REPLY, whole(&body), &body);
    if misbehave != "reply-twice" {
        hangs::sleep();
    }
}

/// The socket to the host, which nobody handed over.
fn socket() -> Option<ManuallyDrop<File>> {
    (3..256).find_map(|descriptor| {
        // SAFETY: the descriptor is used for the metadata of what it stands for, and not closed. Where it is the socket, it
        // stays open as long as the process, whose main function holds it.
        #[expect(unsafe_code, reason = "the misdeed")]
        let file = ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) });
        let is_socket = file.metadata().is_ok_and(|metadata| metadata.file_type().is_socket());
        is_socket.then_some(file)
    })
}
