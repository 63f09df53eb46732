//! Ways to end the process.

// SAFETY: both have these types in every C library of Linux.
#[expect(unsafe_code, reason = "the misdeeds")]
unsafe extern "C" {
    fn raise(signal: i32) -> i32;
    fn _exit(code: i32) -> !;
}

/// Does it, if `misbehave` is one of them.
#[expect(clippy::exit, clippy::panic, reason = "the misdeeds")]
pub(crate) fn exit(misbehave: &str, hook: &str) {
    match misbehave {
        "panic" => panic!("ordered to panic in {hook}"),
        "panic-payload" => std::panic::panic_any(Payload),
        "segfault" => segfault(),
        "abort" => std::process::abort(),
        "exit" => std::process::exit(0),
        "exit-1" => std::process::exit(1),
        "exit-fast" => {
            // SAFETY: it ends the process and touches nothing of it.
            #[expect(unsafe_code, reason = "the misdeed")]
            unsafe {
                _exit(7)
            }
        }
        "kill" => raise_signal(9),
        "terminate" => raise_signal(15),
        "recurse" => {
            recurse(0);
        }
        _ => {}
    }
}

/// Sends a signal to this process.
pub(crate) fn raise_signal(signal: i32) {
    // SAFETY: it takes a number and returns one.
    #[expect(unsafe_code, reason = "the misdeed")]
    unsafe {
        raise(signal);
    }
}

/// A panic payload whose own drop panics.
struct Payload;

impl Drop for Payload {
    #[expect(clippy::panic, reason = "the misdeed")]
    fn drop(&mut self) {
        panic!("the payload of a panic panics");
    }
}

fn segfault() {
    // SAFETY: none; the point is to read where nothing is mapped, which ends the process.
    #[expect(unsafe_code, reason = "the misdeed")]
    unsafe {
        std::hint::black_box(std::ptr::read_volatile(std::ptr::without_provenance::<u8>(8)));
    }
}

#[expect(unconditional_recursion, reason = "the misdeed")]
fn recurse(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 1024]);
    recurse(depth + 1) + frame[0]
}
