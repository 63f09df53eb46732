//! Open files of a process: what it is given, what it passes on, and what it must not keep.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};

/// Closes everything but standard input and the two outputs: a descriptor that was inherited reaches past any rule for
/// paths. To be called before the process opens anything itself.
///
/// # Errors
///
/// The system refuses.
pub fn close_others() -> io::Result<()> {
    const FIRST: libc::c_uint = 3;
    // SAFETY: the caller promises that nothing of this process is open above the standard streams, so no owner of a
    // descriptor loses it.
    #[expect(unsafe_code, reason = "no safe interface closes what it does not own")]
    let closed = unsafe { libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, 0_u32) };
    if closed == 0 {
        return Ok(());
    }
    // Linux before 5.9. The listing has a descriptor of its own among the others, closed already when its turn comes.
    let open: Vec<libc::c_int> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&descriptor| descriptor > 2)
        .collect();
    for descriptor in open {
        // SAFETY: as above.
        #[expect(unsafe_code, reason = "no safe interface closes what it does not own")]
        unsafe {
            libc::close(descriptor);
        }
    }
    Ok(())
}

/// The socket on standard input, moved out of the way: whoever reads standard input then reads nothing.
///
/// # Errors
///
/// Standard input is not a socket, or cannot be replaced.
pub fn take_socket() -> io::Result<UnixStream> {
    let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    if !file.metadata()?.file_type().is_socket() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "standard input is not a socket: this program is started by genomenas, not by hand",
        ));
    }
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(UnixStream::from(OwnedFd::from(file)))
}

/// Passes a descriptor to the process at the other end.
///
/// # Errors
///
/// The system refuses.
pub fn send(socket: &UnixStream, descriptor: &impl AsFd) -> io::Result<()> {
    let descriptors = [descriptor.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
    sendmsg(socket, &[IoSlice::new(b"s")], &mut ancillary, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// The descriptor that the process at the other end passed.
///
/// # Errors
///
/// None comes.
pub fn receive(socket: &UnixStream) -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    recvmsg(socket, &mut [IoSliceMut::new(&mut [0])], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let passed = ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    passed.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "the run passed no socket for the plugin"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};

    #[test]
    fn a_descriptor_that_is_passed_is_the_same_socket() {
        let (here, there) = UnixStream::pair().unwrap();
        let (mut near, far) = UnixStream::pair().unwrap();
        send(&here, &far).unwrap();
        drop(far);
        let mut received = UnixStream::from(receive(&there).unwrap());
        near.write_all(b"hello").unwrap();
        drop(near);
        let mut text = String::new();
        received.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
        drop(here);
        assert!(receive(&there).is_err(), "nothing was passed a second time");
    }
}
