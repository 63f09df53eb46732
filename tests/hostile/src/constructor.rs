//! A constructor of the library, which runs while it is loaded, before anything was asked of it.

/// What it does stands in the file, after the colon, for a test to change.
#[used]
static ORDER: [u8; 24] = *b"hostile-constructor:none";

#[used]
#[expect(unsafe_code, reason = "the misdeed")]
// SAFETY: the loader calls it once, with arguments that it ignores.
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = construct;

extern "C" fn construct() {
    // Read where the file has it: the compiler knows another content.
    // SAFETY: it is a static of this type.
    #[expect(unsafe_code, reason = "the compiler must not know what stands there")]
    let order = unsafe { std::ptr::read_volatile(&raw const ORDER) };
    match &order[20..] {
        b"hang" => crate::hangs::sleep(),
        b"loop" => crate::hangs::hang("loop"),
        b"exit" => crate::exits::exit("exit-1", "the constructor"),
        b"segv" => crate::exits::exit("segfault", "the constructor"),
        b"outs" => crate::floods::flood("flood-out"),
        _ => {}
    }
}
