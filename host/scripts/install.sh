#!/bin/sh
# Installs what was built below a prefix, so that it runs from anywhere and also after the repository is gone, or removes
# what was installed there. `make install` and `make uninstall` call it.
#
#   install.sh install|uninstall PREFIX BUILT
#
# DESTDIR is put before the prefix, for packagers. COPY_LIBTORCH=yes or no decides whether libtorch is copied; by default it
# is where it lies in the folder of the build.
set -eu

action=$1
prefix=$2
built=$3
root=${DESTDIR:-}$prefix
home=$root/lib/genomenas
list=$home/installed.txt

fail() {
    echo "$*" >&2
    exit 2
}

case $prefix in
/*) ;;
*) fail "PREFIX=$prefix is not an absolute path: write for instance PREFIX=\$HOME/.local" ;;
esac

# Only what this script wrote is removed.
remove() {
    [ -f "$list" ] || return 0
    while IFS= read -r file; do
        rm -f "$root/$file"
    done <"$list"
    rm -f "$list"
    for folder in bin/plugins bin libtorch/lib libtorch .; do
        rmdir "$home/$folder" 2>/dev/null || true
    done
}

if [ "$action" = uninstall ]; then
    [ -f "$list" ] || fail "nothing is installed in $root: $list is missing; name the PREFIX of make install"
    remove
    echo "removed genomenas from $root"
    exit 0
fi

release=$built/release
for program in genomenas genomenas-train genomenas-plugin-host; do
    [ -x "$release/$program" ] || fail "$release/$program is missing: make build makes it"
done
# Where the program looks for libtorch first: the folder that it was built against.
libtorch=$(readelf -d "$release/genomenas-train" | sed -n 's/.*R.*PATH.*\[\(.*\)\]$/\1/p' | cut -d: -f1)
[ -e "$libtorch/libtorch_cpu.so" ] || fail "libtorch, against which genomenas-train was built, is not in $libtorch any more: make build builds against another one"
copy=${COPY_LIBTORCH:-}
if [ -z "$copy" ]; then
    case $(realpath "$libtorch") in
    "$(realpath "$built")"/*) copy=yes ;;
    *) copy=no ;;
    esac
fi

remove
mkdir -p "$home/bin/plugins" "$root/bin" "$root/share/man/man1" || fail "cannot write to $root: name another place with PREFIX=…"
: >"$list"
note() {
    echo "$1" >>"$list"
}

for program in genomenas genomenas-train genomenas-plugin-host; do
    install -m 755 "$release/$program" "$home/bin/$program"
    strip "$home/bin/$program"
    note "lib/genomenas/bin/$program"
done
plugins=0
for manifest in plugins/*/Cargo.toml; do
    name=lib$(basename "$(dirname "$manifest")" | tr - _).so
    [ -f "$release/$name" ] || fail "$release/$name is missing: make build makes it"
    install -m 644 "$release/$name" "$home/bin/plugins/$name"
    strip --strip-unneeded "$home/bin/plugins/$name"
    note "lib/genomenas/bin/plugins/$name"
    plugins=$((plugins + 1))
done
if [ "$copy" = yes ]; then
    mkdir -p "$home/libtorch/lib"
    for file in "$libtorch"/*.so*; do
        cp -L "$file" "$home/libtorch/lib/"
        note "lib/genomenas/libtorch/lib/$(basename "$file")"
    done
fi

ln -sf ../lib/genomenas/bin/genomenas "$root/bin/genomenas"
note bin/genomenas
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
"$home/bin/genomenas" man --out "$pages" >/dev/null
for page in "$pages"/*; do
    install -m 644 "$page" "$root/share/man/man1/"
    note "share/man/man1/$(basename "$page")"
done
for shell in bash zsh fish; do
    case $shell in
    bash) file=share/bash-completion/completions/genomenas ;;
    zsh) file=share/zsh/site-functions/_genomenas ;;
    fish) file=share/fish/vendor_completions.d/genomenas.fish ;;
    esac
    mkdir -p "$(dirname "$root/$file")"
    "$home/bin/genomenas" completions $shell >"$pages/script"
    install -m 644 "$pages/script" "$root/$file"
    note "$file"
done

echo "installed genomenas with $plugins plugins in $root"
if [ "$copy" = yes ]; then
    echo "libtorch: a copy of $libtorch is in $home/libtorch"
else
    echo "libtorch: it is used where it lies, in $libtorch, and has to stay there; COPY_LIBTORCH=yes copies it"
fi
case :$PATH: in
*":$prefix/bin:"*) ;;
*) echo "next: export PATH=\"$prefix/bin:\$PATH\"" ;;
esac
