//! What goes over the socket between the host and the process of a plugin.
//!
//! A frame is a little-endian `u32` (the length of what follows it), a byte (its [`Kind`]), a little-endian `u32` (the
//! number of the call) and a body. Both sides first send a [`Hello`]; then each call of the host gets one reply or one
//! failure with the number of the call.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::protections::Protections;

/// The version of these frames. Host and child come from one build; the number catches a stray binary of another.
pub const VERSION: u32 = 2;

/// The longest body.
pub const MAX_BODY: usize = 64 << 20;

/// Codes of a failure that are the child's own; those below are the plugin's.
pub mod code {
    /// The library could not be loaded.
    pub const OPEN: u32 = 0x1_0000;
    /// A call that makes no sense now, such as a hook before an instance was made.
    pub const MISUSE: u32 = 0x1_0001;
    /// A reply longer than a frame takes.
    pub const TOO_LONG: u32 = 0x1_0002;
}

const HEADER: usize = 5;

/// The kinds of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Both ways, first: a [`Hello`] as JSON.
    Hello = 1,
    /// Load the library at this path; the reply is its manifest, as records.
    Open = 2,
    /// Make the instance: a [`Create`] as JSON.
    Create = 3,
    /// An ask; the reply is a proposal.
    Propose = 4,
    /// A report; the reply is empty.
    Update = 5,
    /// A report; the reply is a list of discards.
    Discard = 6,
    /// Empty; the reply is the state.
    Save = 7,
    /// A state; the reply is empty.
    Load = 8,
    /// Empty; the calls that follow are about the other one of two instances, which may be yet to make.
    Swap = 9,
    /// A call went well: what it returned.
    Reply = 64,
    /// A call failed: a little-endian `u32` code and a message.
    Failure = 65,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        use Kind::{Create, Discard, Failure, Hello, Load, Open, Propose, Reply, Save, Swap, Update};
        [Hello, Open, Create, Propose, Update, Discard, Save, Load, Swap, Reply, Failure]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

/// The first frame of each side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The sender's [`VERSION`].
    pub version: u32,
    /// The sender's process.
    pub pid: u32,
    /// What the plugin will be protected from; in the child's greeting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protections: Option<Protections>,
    /// Why the child cannot do its work, which is not the plugin's doing: the system refused it something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

impl Hello {
    /// That of this process.
    pub fn here() -> Self {
        Self { version: VERSION, pid: std::process::id(), protections: None, refused: None }
    }
}

/// The request to make an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Create {
    /// The strategy's id.
    pub strategy: String,
    /// The setup message, JSON in a string: the child passes it on without reading it.
    pub setup: String,
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its kind.
    pub kind: Kind,
    /// The call it belongs to.
    pub call: u32,
    /// What it carries.
    pub body: Vec<u8>,
}

impl Frame {
    /// The body of a [`Kind::Failure`].
    pub fn failure(call: u32, code: u32, message: &str) -> Self {
        let body = [&code.to_le_bytes(), message.as_bytes()].concat();
        Self { kind: Kind::Failure, call, body }
    }

    /// The code and the message of a [`Kind::Failure`].
    pub fn read_failure(&self) -> Option<(u32, String)> {
        let (code, message) = self.body.split_first_chunk::<4>()?;
        Some((u32::from_le_bytes(*code), String::from_utf8_lossy(message).into_owned()))
    }

    /// Writes the frame.
    ///
    /// # Errors
    ///
    /// The stream's own, or a body that is too long; nothing is written then.
    pub fn write(&self, stream: &mut impl Write) -> io::Result<()> {
        if self.body.len() > MAX_BODY {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("a message of {} bytes; at most {MAX_BODY} go over the plugin's socket", self.body.len()),
            ));
        }
        let length = u32::try_from(self.body.len() + HEADER).map_err(io::Error::other)?;
        let mut head = [0; 4 + HEADER];
        head[..4].copy_from_slice(&length.to_le_bytes());
        head[4] = self.kind as u8;
        head[5..].copy_from_slice(&self.call.to_le_bytes());
        stream.write_all(&head)?;
        stream.write_all(&self.body)?;
        stream.flush()
    }

    /// Reads the next frame; `None` where the other side has hung up between two.
    ///
    /// # Errors
    ///
    /// The stream's own, the end in the middle of a frame, or bytes that are not a frame.
    pub fn read(stream: &mut impl Read) -> io::Result<Option<Self>> {
        let Some(length) = read_length(stream)? else {
            return Ok(None);
        };
        let refuse = |why: String| Err(io::Error::new(io::ErrorKind::InvalidData, why));
        let length = length as usize;
        if !(HEADER..=MAX_BODY + HEADER).contains(&length) {
            return refuse(format!("a frame of {length} bytes; expected {HEADER} to {}", MAX_BODY + HEADER));
        }
        let mut head = [0; HEADER];
        stream.read_exact(&mut head)?;
        let [kind, call @ ..] = head;
        let Some(kind) = Kind::from_byte(kind) else {
            return refuse(format!("a frame of the unknown kind {kind}"));
        };
        // The buffer grows with what arrives: a length alone must not allocate 64 MiB.
        let mut body = Vec::new();
        stream.take((length - HEADER) as u64).read_to_end(&mut body)?;
        if body.len() != length - HEADER {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some(Self { kind, call: u32::from_le_bytes(call), body }))
    }
}

fn read_length(stream: &mut impl Read) -> io::Result<Option<u32>> {
    let mut length = [0; 4];
    let mut filled = 0;
    while let Some(rest) = length.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(u32::from_le_bytes(length)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_body_that_is_too_long_is_refused_before_anything_is_written() {
        let frame = Frame { kind: Kind::Save, call: 1, body: vec![0; MAX_BODY + 1] };
        let mut out = Vec::new();
        assert_eq!(frame.write(&mut out).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert!(out.is_empty());
    }

    #[test]
    fn a_length_that_lies_is_an_error_and_not_an_allocation() {
        for length in [0, 4, u32::MAX, (MAX_BODY + HEADER + 1).try_into().unwrap()] {
            let error = Frame::read(&mut length.to_le_bytes().as_slice()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }

    proptest! {
        #[test]
        fn a_frame_is_read_as_it_was_written(call: u32, body: Vec<u8>) {
            let frame = Frame { kind: Kind::Propose, call, body };
            let mut bytes = Vec::new();
            frame.write(&mut bytes).unwrap();
            let mut stream = bytes.as_slice();
            prop_assert_eq!(Frame::read(&mut stream).unwrap(), Some(frame));
            prop_assert_eq!(Frame::read(&mut stream).unwrap(), None);
        }

        #[test]
        fn a_frame_that_is_cut_off_is_an_error(cut in 1_usize..15) {
            let mut bytes = Vec::new();
            Frame::failure(3, 4, "why").write(&mut bytes).unwrap();
            bytes.truncate(bytes.len() - cut);
            prop_assert!(Frame::read(&mut bytes.as_slice()).is_err());
        }

        #[test]
        fn any_bytes_are_a_frame_an_end_or_an_error(bytes: Vec<u8>) {
            let mut stream = bytes.as_slice();
            while let Ok(Some(_)) = Frame::read(&mut stream) {}
        }
    }
}
