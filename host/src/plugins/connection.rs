//! The host's end of a plugin's socket: one call at a time, each with a deadline.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use genomenas_plugin_host::wire::{Frame, Hello, Kind, VERSION};

/// The socket and the number of the last call.
#[derive(Debug)]
pub struct Connection {
    stream: UnixStream,
    calls: u32,
}

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionError {
    /// The other side closed the socket.
    HungUp,
    /// It did not answer in time.
    Late,
    /// It sent something that is not an answer.
    Garbage(String),
}

/// An answer to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What the call returned.
    Reply(Vec<u8>),
    /// That it failed: a code and a message.
    Failure(u32, String),
}

impl Connection {
    /// Over a connected socket.
    pub fn new(stream: UnixStream) -> Self {
        Self { stream, calls: 0 }
    }

    /// Greets the other side and waits for its greeting.
    ///
    /// # Errors
    ///
    /// The connection broke, or the other side speaks another version.
    pub fn greet(&mut self, time: Duration) -> Result<Hello, ConnectionError> {
        let body = serde_json::to_vec(&Hello::here()).map_err(|error| ConnectionError::Garbage(error.to_string()))?;
        let answer = self.exchange(&Frame { kind: Kind::Hello, call: 0, body }, time)?;
        let hello: Option<Hello> =
            if answer.kind == Kind::Hello { serde_json::from_slice(&answer.body).ok() } else { None };
        match hello {
            Some(hello) if hello.version == VERSION => Ok(hello),
            Some(hello) => Err(ConnectionError::Garbage(format!(
                "it speaks version {}, this genomenas {VERSION}: use the genomenas-plugin-host of this build",
                hello.version
            ))),
            None => Err(ConnectionError::Garbage("its first message is not a greeting".to_owned())),
        }
    }

    /// Calls and waits for the answer.
    ///
    /// # Errors
    ///
    /// The connection broke; no further call will be answered.
    pub fn call(&mut self, kind: Kind, body: Vec<u8>, time: Duration) -> Result<Answer, ConnectionError> {
        self.calls = self.calls.wrapping_add(1);
        let answer = self.exchange(&Frame { kind, call: self.calls, body }, time)?;
        if answer.call != self.calls {
            return Err(ConnectionError::Garbage(format!(
                "it answered call {} instead of {}",
                answer.call, self.calls
            )));
        }
        match (answer.kind, answer.read_failure()) {
            (Kind::Reply, _) => Ok(Answer::Reply(answer.body)),
            (Kind::Failure, Some((code, message))) => Ok(Answer::Failure(code, message)),
            (other, _) => Err(ConnectionError::Garbage(format!("it answered with a frame of kind {other:?}"))),
        }
    }

    /// Closes the socket: the other side reads an end.
    pub fn hang_up(&self) {
        // It may have hung up first.
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }

    fn exchange(&mut self, frame: &Frame, time: Duration) -> Result<Frame, ConnectionError> {
        let mut timed = Timed { stream: &self.stream, until: Instant::now() + time };
        let answer = frame.write(&mut timed).and_then(|()| Frame::read(&mut timed));
        match answer {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(ConnectionError::HungUp),
            Err(error) => Err(match error.kind() {
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => ConnectionError::Late,
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => ConnectionError::Garbage(error.to_string()),
                _ => ConnectionError::HungUp,
            }),
        }
    }
}

/// A socket whose every read and write ends at one instant.
struct Timed<'a> {
    stream: &'a UnixStream,
    until: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(20);

    /// A connection whose other side reads one frame and then does what `other` says.
    fn connected(other: impl FnOnce(UnixStream, Frame) + Send + 'static) -> Connection {
        let (here, mut there) = UnixStream::pair().unwrap();
        std::thread::spawn(move || {
            let frame = Frame::read(&mut there).unwrap().unwrap();
            other(there, frame);
        });
        Connection::new(here)
    }

    fn refused(other: impl FnOnce(UnixStream, Frame) + Send + 'static) -> ConnectionError {
        connected(other).call(Kind::Propose, vec![], TIME).unwrap_err()
    }

    #[test]
    fn an_answer_comes_back() {
        let mut connection = connected(|mut there, frame| {
            Frame { kind: Kind::Reply, ..frame }.write(&mut there).unwrap();
        });
        let answer = connection.call(Kind::Load, b"state".to_vec(), TIME).unwrap();
        assert_eq!(answer, Answer::Reply(b"state".to_vec()));
    }

    #[test]
    fn garbage_of_any_kind_is_not_taken_for_an_answer() {
        let wrong_call = refused(|mut there, frame| {
            Frame::failure(frame.call + 1, 1, "").write(&mut there).unwrap();
        });
        assert_eq!(wrong_call, ConnectionError::Garbage("it answered call 2 instead of 1".to_owned()));
        let wrong_kind = refused(|mut there, frame| frame.write(&mut there).unwrap());
        assert_eq!(wrong_kind, ConnectionError::Garbage("it answered with a frame of kind Propose".to_owned()));
        let no_frame = refused(|mut there, _| there.write_all(b"Hello there, this is text").unwrap());
        assert!(matches!(no_frame, ConnectionError::Garbage(_)), "{no_frame:?}");
    }

    #[test]
    fn an_end_in_the_middle_of_an_answer_is_a_hang_up() {
        assert_eq!(refused(|mut there, _| there.write_all(&[200, 0, 0, 0, 64, 1]).unwrap()), ConnectionError::HungUp);
        assert_eq!(refused(|there, _| drop(there)), ConnectionError::HungUp);
    }

    #[test]
    fn an_answer_that_does_not_come_is_late() {
        let (here, _there) = UnixStream::pair().unwrap();
        let late = Connection::new(here).call(Kind::Save, vec![], Duration::from_millis(20));
        assert_eq!(late, Err(ConnectionError::Late));
    }

    #[test]
    fn another_version_is_refused() {
        let mut connection = connected(|mut there, frame| {
            let body = serde_json::to_vec(&Hello { version: 99, ..Hello::here() }).unwrap();
            Frame { body, ..frame }.write(&mut there).unwrap();
        });
        let refusal = connection.greet(TIME).unwrap_err();
        assert!(matches!(&refusal, ConnectionError::Garbage(why) if why.contains("version 99")), "{refusal:?}");
    }
}
