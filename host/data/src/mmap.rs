//! Read-only memory maps, whose end is told in words.
//!
//! Where a file was shortened, or its disk fails, a read through a map is a bus error. The process cannot go on then, but
//! it says which file it was and what to do, and ends with the exit code of unusable input.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

use bytes::Bytes;

/// The exit code of unusable input.
const UNUSABLE: libc::c_int = 2;

/// Maps the whole of `file`, which lies at `path`, for reading; nothing is read until it is touched.
///
/// The caller opens the file read-only and maps only files that genomenas writes by renaming a finished file into
/// place, such as packed stores: replacing one leaves the mapped file untouched.
#[expect(unsafe_code, reason = "a memory map is unsafe because another process could change the file")]
pub(crate) fn map_read_only(file: &File, path: &Path) -> io::Result<Bytes> {
    // SAFETY: the map is private to this value and never written through. Stores are written whole under another name
    // and renamed, never modified in place; who reads rows compares the file's size and time of change afterwards.
    let map = unsafe { memmap2::Mmap::map(file) }?;
    let name = path.display().to_string().replace(char::is_control, "\u{fffd}");
    let words = format!(
        "\nerror: cannot read {name} any more: it was cut off while it was in use, or its disk failed; put it back as it \
         was, then the same command goes on\n"
    );
    Ok(Bytes::from_owner(WatchedMap::new(map, words.into_boxed_str())))
}

/// A map that is known to the handler of bus errors.
struct WatchedMap {
    map: memmap2::Mmap,
    /// Where it is known; `None` where there are too many maps, whose bus error then ends the process without words.
    slot: Option<&'static Slot>,
    /// What the slot points to.
    _words: Box<str>,
}

/// A place for a map that is watched. All is zero while it is free.
struct Slot {
    taken: AtomicBool,
    start: AtomicUsize,
    end: AtomicUsize,
    words: AtomicPtr<u8>,
    length: AtomicUsize,
}

static SLOTS: [Slot; 32] = [const {
    Slot {
        taken: AtomicBool::new(false),
        start: AtomicUsize::new(0),
        end: AtomicUsize::new(0),
        words: AtomicPtr::new(std::ptr::null_mut()),
        length: AtomicUsize::new(0),
    }
}; 32];

impl WatchedMap {
    fn new(map: memmap2::Mmap, words: Box<str>) -> Self {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(install);
        let slot = SLOTS.iter().find(|slot| !slot.taken.swap(true, Ordering::SeqCst));
        if let Some(slot) = slot {
            slot.words.store(words.as_ptr().cast_mut(), Ordering::SeqCst);
            slot.length.store(words.len(), Ordering::SeqCst);
            slot.end.store(map.as_ptr() as usize + map.len(), Ordering::SeqCst);
            // Last: a slot that has a start is whole.
            slot.start.store(map.as_ptr() as usize, Ordering::SeqCst);
        }
        Self { map, slot, _words: words }
    }
}

impl AsRef<[u8]> for WatchedMap {
    fn as_ref(&self) -> &[u8] {
        &self.map
    }
}

impl Drop for WatchedMap {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            slot.start.store(0, Ordering::SeqCst);
            slot.end.store(0, Ordering::SeqCst);
            slot.taken.store(false, Ordering::SeqCst);
        }
    }
}

/// Lets [`on_bus_error`] handle bus errors. Where the system refuses, a bus error ends the process without words.
#[expect(unsafe_code, reason = "the system's interface to signals")]
fn install() {
    let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) = on_bus_error;
    // SAFETY: all zeros are a valid sigaction: no flags, an empty mask, the default action.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO;
    // SAFETY: the action is whole, and its handler calls nothing but what a handler of signals may call.
    unsafe { libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut()) };
}

#[expect(unsafe_code, reason = "the system's interface to signals")]
extern "C" fn on_bus_error(signal: libc::c_int, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // SAFETY: with SA_SIGINFO the kernel hands over a valid description.
    let info = unsafe { &*info };
    // SAFETY: a bus error has an address.
    let address = unsafe { info.si_addr() } as usize;
    let hit = SLOTS.iter().find(|slot| {
        let start = slot.start.load(Ordering::SeqCst);
        start != 0 && (start..slot.end.load(Ordering::SeqCst)).contains(&address)
    });
    if let Some(slot) = hit {
        let (words, length) = (slot.words.load(Ordering::SeqCst), slot.length.load(Ordering::SeqCst));
        // SAFETY: who touched the map holds it, and with it the words. `write` may be called in a handler of signals.
        unsafe { libc::write(libc::STDERR_FILENO, words.cast_const().cast(), length) };
        // SAFETY: `_exit` may be called in a handler of signals.
        unsafe { libc::_exit(UNUSABLE) };
    }
    // Not of a map of ours: the instruction is executed again, and ends the process as it would have without us.
    // SAFETY: `signal` may be called in a handler of signals.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}
