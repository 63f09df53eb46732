//! Frames between the host and a plugin's process: any bytes are frames, an end or an error, and a frame is written as
//! it was read.

#![no_main]

use std::io::{self, Read};

use genomenas_fuzz::seeds;
use genomenas_plugin_host::protections::Protections;
use genomenas_plugin_host::wire::{Create, Frame, Hello, Kind, code};
use libfuzzer_sys::fuzz_target;

/// Hands out one byte at a time, as a socket may.
struct Slow<'b>(&'b [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = out.len().min(1);
        self.0.read(&mut out[..most])
    }
}

fuzz_target!(init: seeds::write("frames", seeds()), |data: &[u8]| {
    let (mut stream, mut slow) = (data, Slow(data));
    let mut written = Vec::new();
    loop {
        let frame = match (Frame::read(&mut stream), Frame::read(&mut slow)) {
            (Ok(frame), Ok(slowly)) => {
                assert_eq!(frame, slowly);
                frame
            }
            (Err(error), Err(slowly)) => return assert_eq!(error.kind(), slowly.kind()),
            (at_once, slowly) => panic!("{at_once:?} at once, {slowly:?} byte by byte"),
        };
        let Some(frame) = frame else { return };
        frame.write(&mut written).expect("a frame that was read");
        assert_eq!(written, data[..data.len() - stream.len()]);
        read_body(&frame);
    }
});

fn read_body(frame: &Frame) {
    if let Some((code, message)) = frame.read_failure()
        && message.as_bytes() == &frame.body[4..]
    {
        assert_eq!(Frame::failure(frame.call, code, &message).body, frame.body);
    }
    if let Ok(hello) = serde_json::from_slice::<Hello>(&frame.body) {
        let again = serde_json::to_vec(&hello).expect("JSON");
        assert_eq!(serde_json::from_slice::<Hello>(&again).expect("JSON"), hello);
    }
    if let Ok(create) = serde_json::from_slice::<Create>(&frame.body) {
        let again = serde_json::to_vec(&create).expect("JSON");
        assert_eq!(serde_json::from_slice::<Create>(&again).expect("JSON"), create);
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let create = Create { strategy: "darts".into(), setup: "{\"seed\":1}".into() };
    let hello = Hello { version: 1, pid: 7, protections: None, refused: None };
    let child = Hello { protections: Some(Protections::none()), refused: Some("no memory".into()), ..hello.clone() };
    let [hello, child] = [hello, child].map(|hello| serde_json::to_vec(&hello).expect("JSON"));
    let create = serde_json::to_vec(&create).expect("JSON");
    let frames = [
        Frame { kind: Kind::Hello, call: 0, body: hello },
        Frame { kind: Kind::Hello, call: 0, body: child },
        Frame { kind: Kind::Open, call: 1, body: b"/plugins/lib.so".into() },
        Frame { kind: Kind::Create, call: 2, body: create },
        Frame { kind: Kind::Propose, call: 3, body: b"{}".into() },
        Frame { kind: Kind::Save, call: 4, body: Vec::new() },
        Frame { kind: Kind::Reply, call: 4, body: b"state".into() },
        Frame::failure(5, code::MISUSE, "no instance is made"),
    ];
    let bytes = |frame: &Frame| {
        let mut bytes = Vec::new();
        frame.write(&mut bytes).expect("memory");
        bytes
    };
    let single: Vec<Vec<u8>> = frames.iter().map(bytes).collect();
    let all = single.concat();
    let cut = all[..all.len() - 3].to_vec();
    single.into_iter().chain([all, cut]).collect()
}
