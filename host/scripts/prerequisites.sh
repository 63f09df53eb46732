#!/bin/sh
# Names each missing prerequisite of the build in one line, with the command that installs it.
# pip is not looked for here: it is needed only where libtorch has to be fetched, so libtorch.py asks for it.
cd "$(dirname "$0")/../.." || exit 2
python=${PYTHON:-python3}
failed=0

missing() {
    echo "missing: $1: $2" >&2
    failed=1
}

needed=$(sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' Cargo.toml | head -n 1)
rustup_line="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
if ! command -v cargo >/dev/null 2>&1; then
    if [ -x "$HOME/.cargo/bin/cargo" ]; then
        missing "cargo is installed but not on PATH" ". \"\$HOME/.cargo/env\""
    else
        missing "Rust $needed or newer (cargo)" "$rustup_line"
    fi
else
    # Only "major.minor" decides, and the major number has been 1 since 2015.
    found=$(cargo --version 2>/dev/null | cut -d ' ' -f 2)
    minor=$(echo "$found" | cut -d . -f 2)
    if [ "${minor:-0}" -lt "$(echo "$needed" | cut -d . -f 2)" ] 2>/dev/null; then
        if command -v rustup >/dev/null 2>&1; then
            missing "Rust $needed or newer (cargo is ${found:-broken})" "rustup update stable && rustup default stable"
        else
            missing "Rust $needed or newer (cargo is ${found:-broken})" "$rustup_line"
        fi
    fi
fi

# rustc links with `cc`; libtorch's bindings are compiled with $CXX or `c++`. $CXX may hold options: no quotes.
if ! command -v cc >/dev/null 2>&1; then
    missing "a C compiler and linker (cc)" "sudo apt-get install build-essential"
elif ! printf '#include <optional>\nstatic_assert(__cplusplus >= 201703L);\n' |
    ${CXX:-c++} -std=c++17 -fsyntax-only -x c++ - >/dev/null 2>&1; then
    missing "a C++17 compiler (${CXX:-c++})" "sudo apt-get install build-essential"
fi

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; then
    missing "Python 3.8 or newer ($python)" "sudo apt-get install python3 python3-pip"
fi

exit $failed
