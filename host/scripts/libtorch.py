#!/usr/bin/env python3
"""Puts libtorch where the build looks for it: `libtorch.py [cpu|cuda]`.

An existing libtorch (LIBTORCH, or LIBTORCH_USE_PYTORCH=1) is used as it is. Otherwise the wheels pinned below are
fetched with pip and unpacked into `<cargo target directory>/libtorch`:

  cpu   what a program without CUDA loads. libtorch_cpu is linked against two small CUDA libraries, so they come along.
  cuda  all of it, with the NVIDIA libraries that libtorch_cuda loads. It serves every build that "cpu" serves.

The tree is either absent or whole: it is unpacked and checked beside its place, marked with a stamp that lists every
file, and renamed into place. Whatever has no matching stamp (an interrupted fetch, a damaged tree) is fetched again.
Python's standard library only, 3.8 or newer.
"""

import base64
import csv
import fcntl
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

VERSION = "2.11.0"
REPOSITORY = Path(__file__).resolve().parent.parent.parent
STAMP = "genomenas-libtorch.json"
STAGING = ".libtorch-staging-"
VARIANTS = ("cpu", "cuda")
GIGABYTE = 10**9


class Wheel(NamedTuple):
    """One wheel of the package index, and which of its libraries each variant keeps."""

    name: str
    version: str
    sha256: str
    libraries: Dict[str, List[str]]

    def wanted_by(self, variant: str) -> bool:
        return variant in self.libraries


CPU_LIBRARIES = ["libc10.so", "libgomp.so.1", "libtorch.so", "libtorch_cpu.so"]
CUDA_LIBRARIES = ["libc10_cuda.so", "libcaffe2_nvrtc.so", "libtorch_cuda.so", "libtorch_cuda_linalg.so", "libtorch_nvshmem.so"]
ALL = {"cuda": ["*.so*"]}

# The versions are those that torch 2.11.0 requires; the hashes are those of its index, for Linux on x86-64.
# The Python version in a wheel's name does not matter here: the parts that depend on it are left out.
WHEELS = [
    Wheel("torch", VERSION, "7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a",
          {"cpu": CPU_LIBRARIES, "cuda": CPU_LIBRARIES + CUDA_LIBRARIES}),
    Wheel("nvidia-cuda-runtime", "13.0.96", "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
          {"cpu": ["libcudart.so.13"], **ALL}),
    Wheel("nvidia-cuda-cupti", "13.0.85", "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8",
          {"cpu": ["libcupti.so.13"], **ALL}),
    Wheel("nvidia-cublas", "13.1.0.3", "ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171", ALL),
    Wheel("nvidia-cuda-nvrtc", "13.0.88", "ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575", ALL),
    Wheel("nvidia-cudnn-cu13", "9.19.0.56", "d20e1734305e9d68889a96e3f35094d733ff1f83932ebe462753973e53a572bf", ALL),
    Wheel("nvidia-cufft", "12.0.0.61", "6c44f692dce8fd5ffd3e3df134b6cdb9c2f72d99cf40b62c32dde45eea9ddad3", ALL),
    Wheel("nvidia-cufile", "1.15.1.6", "08a3ecefae5a01c7f5117351c64f17c7c62efa5fffdbe24fc7d298da19cd0b44", ALL),
    Wheel("nvidia-curand", "10.4.0.35", "1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc", ALL),
    Wheel("nvidia-cusolver", "12.0.4.66", "0a759da5dea5c0ea10fd307de75cdeb59e7ea4fcb8add0924859b944babf1112", ALL),
    Wheel("nvidia-cusparse", "12.6.3.3", "2b3c89c88d01ee0e477cb7f82ef60a11a4bcd57b6b87c33f789350b59759360b", ALL),
    Wheel("nvidia-cusparselt-cu13", "0.8.0", "25e30a8a7323935d4ad0340b95a0b69926eee755767e8e0b1cf8dd85b197d3fd", ALL),
    Wheel("nvidia-nccl-cu13", "2.28.9", "e4553a30f34195f3fa1da02a6da3d6337d28f2003943aa0a3d247bbc25fefc42", ALL),
    Wheel("nvidia-nvjitlink", "13.0.88", "13a74f429e23b921c1109976abefacc69835f2f433ebd323d3946e11d804e47b", ALL),
    Wheel("nvidia-nvshmem-cu13", "3.4.5", "290f0a2ee94c9f3687a02502f3b9299a9f9fe826e6d0287ee18482e78d495b80", ALL),
]
PLATFORMS = ["manylinux_2_%d_x86_64" % minor for minor in range(28, 16, -1)] + ["manylinux2014_x86_64", "manylinux2010_x86_64"]

# Bytes of disk while a fetch is under way: pip holds a wheel twice for a moment. And what is downloaded and kept, in words.
SPACE = {"cpu": 1.3 * GIGABYTE, "cuda": 8 * GIGABYTE}
COST = {
    "cpu": "0.55 GB to download, 0.5 GB kept, 1.3 GB of disk while it works",
    "cuda": "about 3 GB to download, 5 GB kept, 8 GB of disk while it works",
}
HINT = "repeat the command, or set LIBTORCH to a libtorch %s of your own" % VERSION


class Problem(Exception):
    """Something the user can act on; its text is the one line that is shown."""


def main(arguments: List[str]) -> int:
    try:
        if len(arguments) > 1 or any(argument not in VARIANTS for argument in arguments):
            raise Problem("expected one of %s, got `%s`" % (", ".join(VARIANTS), " ".join(arguments)))
        own = own_libtorch(os.environ)
        if own:
            say("%s; nothing is fetched" % own)
            return 0
        provide(arguments[0] if arguments else "cpu", cargo_target_directory(os.environ), REPOSITORY / "target")
        return 0
    except Problem as problem:
        print("libtorch: %s" % problem, file=sys.stderr)
        return 2
    except OSError as error:
        print("libtorch: %s; %s" % (error, HINT), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("libtorch: interrupted; nothing was changed", file=sys.stderr)
        return 130


def say(text: str) -> None:
    print("libtorch: %s" % text, flush=True)


def cargo_target_directory(environment) -> Path:
    """Where cargo builds, as an absolute path."""
    named = environment.get("CARGO_TARGET_DIR") or environment.get("CARGO_BUILD_TARGET_DIR")
    return Path(os.path.abspath(named)) if named else REPOSITORY / "target"


# --- A libtorch of the user's own -----------------------------------------------------------------------------------


def own_libtorch(environment) -> Optional[str]:
    """Says which libtorch of their own the user named, after a check that it can be used; None if they named none."""
    # torch-sys asks for this variable first, and only whether it is set: do the same, or the two would disagree.
    if "LIBTORCH_USE_PYTORCH" in environment:
        python = "python" if "VIRTUAL_ENV" in environment else "python3"
        version = installed_pytorch(python)
        check_version(version, "the PyTorch of `%s`" % python, environment)
        return "LIBTORCH_USE_PYTORCH is set, so PyTorch %s of `%s` is used" % (version, python)
    if "LIBTORCH" not in environment:
        return None
    root = Path(environment["LIBTORCH"])
    if not root.is_absolute():
        raise Problem("LIBTORCH must be an absolute path, got `%s`: set it to one, or unset it" % environment["LIBTORCH"])
    lib = Path(environment.get("LIBTORCH_LIB", str(root))) / "lib"
    if not any((lib / name).exists() for name in ("libtorch_cpu.so", "libtorch_cpu.a")):
        raise Problem("LIBTORCH is %s, but %s/libtorch_cpu.so does not exist: correct it, or unset it" % (root, lib))
    version_file = root / "build-version"
    if version_file.is_file():
        check_version(version_file.read_text().strip(), str(root), environment)
    return "LIBTORCH is set, so %s is used" % root


def installed_pytorch(python: str) -> str:
    try:
        answer = subprocess.run([python, "-c", "import torch; print(torch.__version__)"], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, universal_newlines=True)
    except OSError:
        answer = None
    if answer is None or answer.returncode != 0:
        raise Problem("LIBTORCH_USE_PYTORCH is set, but `%s` cannot import torch: %s -m pip install torch==%s"
                      % (python, python, VERSION))
    return answer.stdout.strip()


def check_version(version: str, where: str, environment) -> None:
    if version.split("+")[0] != VERSION and "LIBTORCH_BYPASS_VERSION_CHECK" not in environment:
        raise Problem("version %s is needed, %s has %s: install torch==%s, or set LIBTORCH_BYPASS_VERSION_CHECK=1"
                      % (VERSION, where, version, VERSION))


# --- The tree: present, or fetched ----------------------------------------------------------------------------------


def provide(variant: str, target: Path, default_target: Path, wheels: List[Wheel] = WHEELS) -> None:
    """Makes `default_target/libtorch`, which .cargo/config.toml names, a whole tree that serves `variant`.

    The tree itself lies in `target`; where that is another directory, `default_target` gets a link to it.
    """
    default = default_target / "libtorch"
    if serving(default, variant, wheels):
        say_ready(default, wheels)
        return
    place = target / "libtorch"
    target.mkdir(parents=True, exist_ok=True)
    with locked(target / ".libtorch.lock"):
        if not serving(place, variant, wheels):
            if os.path.lexists(str(place)):
                say("%s is not a whole libtorch %s (%s): it is fetched again" % (place, VERSION, variant))
            fetch(variant, place, wheels)
    if not serving(default, variant, wheels):
        link(default, place)
    say_ready(default, wheels)


def say_ready(place: Path, wheels: List[Wheel]) -> None:
    stamp = read_stamp(place, wheels)
    say("version %s (%s) is ready in %s" % (VERSION, stamp["variant"] if stamp else "?", place))


def serving(place: Path, variant: str, wheels: List[Wheel]) -> bool:
    """Whether `place` holds a whole tree that serves `variant`: the stamp matches, and every file has its size."""
    stamp = read_stamp(place, wheels)
    if stamp is None or variant not in (stamp["variant"], "cpu"):
        return False
    try:
        return all((place / path).stat().st_size == size for path, size in stamp["files"].items())
    except OSError:
        return False


def read_stamp(place: Path, wheels: List[Wheel]) -> Optional[dict]:
    """The stamp of a tree, if it is one that this script would write today."""
    try:
        stamp = json.loads((place / STAMP).read_text())
        if stamp == new_stamp(stamp["variant"], stamp["files"], wheels):
            return stamp
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def new_stamp(variant: str, files: Dict[str, int], wheels: List[Wheel]) -> dict:
    return {
        "version": VERSION,
        "variant": variant,
        "wheels": [[w.name, w.version, w.sha256, w.libraries[variant]] for w in wheels if w.wanted_by(variant)],
        "files": files,
    }


@contextmanager
def locked(path: Path):
    """Holds the lock that lets one fetch at a time work in a target directory; it ends with the process."""
    with open(str(path), "a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another fetch is under way; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def fetch(variant: str, place: Path, wheels: List[Wheel]) -> None:
    """Fetches, unpacks and checks a tree beside `place`, then renames it there. The caller holds the lock."""
    for leftover in place.parent.glob(STAGING + "*"):  # of a fetch that was killed
        remove(leftover)
    free = shutil.disk_usage(str(place.parent)).free
    if free < SPACE[variant]:
        raise Problem("%.1f GB of free disk are needed in %s, %.1f GB are left: free some, or set CARGO_TARGET_DIR to a "
                      "directory on another disk" % (SPACE[variant] / GIGABYTE, place.parent, free / GIGABYTE))
    check_machine_and_pip()
    say("fetching version %s (%s) with pip: %s" % (VERSION, variant, COST[variant]))
    # A new name each time: the pip of a killed fetch may still be writing to the old one.
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=str(place.parent)))
    try:
        tree = staging / "tree"
        files: Dict[str, int] = {}
        for wheel in wheels:
            if wheel.wanted_by(variant):
                archive = download(wheel, staging)
                unpack(archive, wheel, variant, tree, files)
                archive.unlink()
        check_tree(tree, variant)
        files["build-version"] = (tree / "build-version").stat().st_size
        (tree / STAMP).write_text(json.dumps(new_stamp(variant, files, wheels), indent=0, sort_keys=True) + "\n")
        os.sync()  # the stamp must not reach the disk before what it vouches for
        if os.path.lexists(str(place)):
            os.rename(str(place), str(staging / "old"))
        os.rename(str(tree), str(place))
    finally:
        remove(staging)


def stop(_number, _frame) -> None:
    """Ends a fetch that is asked to end, by `kill` or a closing terminal, as Ctrl-C does: without leftovers."""
    raise KeyboardInterrupt


def check_machine_and_pip() -> None:
    machine = os.uname()
    if (machine.sysname, machine.machine) != ("Linux", "x86_64"):
        raise Problem("wheels are pinned for Linux on x86_64 only, this is %s on %s: set LIBTORCH to a libtorch %s of "
                      "your own" % (machine.sysname, machine.machine, VERSION))
    if subprocess.run([sys.executable, "-m", "pip", "--version"], stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL).returncode != 0:
        of_debian = sys.executable.startswith("/usr/bin/")
        raise Problem("pip is missing for %s: %s" % (sys.executable, "sudo apt-get install python3-pip" if of_debian
                                                     else "%s -m ensurepip" % sys.executable))


def download(wheel: Wheel, staging: Path) -> Path:
    """Fetches one wheel with pip, which refuses a file whose hash is not the pinned one, and checks it once more."""
    requirement = staging / "requirement.txt"
    requirement.write_text("%s==%s --hash=sha256:%s\n" % (wheel.name, wheel.version, wheel.sha256))
    folder = staging / "wheel"
    remove(folder)
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-cache-dir", "--no-deps",
               "--require-hashes", "--only-binary=:all:", "--python-version", "3.11", "--implementation", "cp",
               "--abi", "cp311", "--abi", "none"]
    for platform in PLATFORMS:
        command += ["--platform", platform]
    command += ["--dest", str(folder), "--requirement", str(requirement)]
    # pip unpacks into the temporary directory, which is often small; the space was checked here.
    if subprocess.run(command, env=dict(os.environ, TMPDIR=str(staging))).returncode != 0:
        raise Problem("pip could not fetch %s==%s, for the reason above: %s" % (wheel.name, wheel.version, HINT))
    archives = list(folder.glob("*.whl"))
    if len(archives) != 1 or sha256_of(archives[0]) != wheel.sha256:
        raise Problem("pip fetched a %s==%s that is not the pinned one (sha256 %s): %s"
                      % (wheel.name, wheel.version, wheel.sha256, HINT))
    return archives[0]


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with open(str(path), "rb") as handle:
        for block in iter(lambda: handle.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def unpack(archive: Path, wheel: Wheel, variant: str, tree: Path, files: Dict[str, int]) -> None:
    """Copies what `variant` keeps of a wheel into `tree`, each file checked against the wheel's RECORD."""
    patterns = wheel.libraries[variant]
    met = set()
    try:
        with zipfile.ZipFile(str(archive)) as wheel_file:
            names = wheel_file.namelist()
            record = next(name for name in names if re.fullmatch(r"[^/]+\.dist-info/RECORD", name))
            rows = csv.reader(io.TextIOWrapper(wheel_file.open(record), encoding="utf-8"))
            hashes = {row[0]: row[1] for row in rows if len(row) >= 2}
            for name in names:
                place, pattern = place_of(name, wheel, patterns)
                if place is None:
                    continue
                if place in files:
                    raise Problem("%s holds %s, which another wheel brought already" % (archive.name, place))
                met.add(pattern)
                files[place] = copy_member(wheel_file, name, tree / place, hashes.get(name, ""))
    except (zipfile.BadZipFile, StopIteration, EOFError) as error:
        raise Problem("%s is not a readable wheel (%s): %s" % (archive.name, error or "it has no RECORD", HINT))
    missing = sorted(set(patterns) - met)
    if missing:
        raise Problem("%s holds no %s: this script and the wheel do not fit" % (archive.name, ", ".join(missing)))


def place_of(name: str, wheel: Wheel, patterns: List[str]):
    """Where a member of a wheel belongs in the tree, and the library pattern that it met; (None, None) for the rest."""
    parts = name.split("/")
    if name.endswith("/") or ".." in parts or "" in parts:
        return None, None
    # All libraries share one folder: each looks for the others beside itself.
    if len(parts) >= 3 and parts[-2] == "lib" and (parts[0] == "nvidia" or parts[:2] == ["torch", "lib"]):
        for pattern in patterns:
            if fnmatchcase(parts[-1], pattern):
                return "lib/" + parts[-1], pattern
    if parts[:2] == ["torch", "include"]:
        return "/".join(parts[1:]), None
    if parts == ["torch", "version.py"]:
        return "version.py", None
    if not name.startswith("torch/") and parts[-1].lower().startswith(("license", "notice")):
        return "licenses/%s/%s" % (wheel.name, parts[-1]), None
    return None, None


def copy_member(wheel_file: zipfile.ZipFile, name: str, destination: Path, expected: str) -> int:
    """Copies one member, and returns its size once its content has been found to be what RECORD says."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    size = 0
    with wheel_file.open(name) as source, open(str(destination), "wb") as sink:
        for block in iter(lambda: source.read(1 << 20), b""):
            digest.update(block)
            sink.write(block)
            size += len(block)
    found = "sha256=" + base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
    if found != expected:
        raise Problem("%s is damaged: RECORD says %s, the content has %s; %s" % (name, expected or "nothing", found, HINT))
    return size


def check_tree(tree: Path, variant: str) -> None:
    """Checks the version, writes the `build-version` file that torch-sys compares, and lets the loader resolve all."""
    found = re.search(r"__version__ = '([^']+)'", (tree / "version.py").read_text())
    version = found.group(1) if found else "unknown"
    check_version(version, "the wheel", {})
    (tree / "build-version").write_text(version + "\n")
    if not shutil.which("ldd"):
        return
    for library in ["libtorch_cpu.so"] + (["libtorch_cuda.so", "libtorch_cuda_linalg.so"] if variant == "cuda" else []):
        answer = subprocess.run(["ldd", str(tree / "lib" / library)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                universal_newlines=True, env=dict(os.environ, LC_ALL="C"))
        lines = [line.strip() for line in answer.stdout.splitlines() if "not found" in line]
        # The driver's own library belongs to the machine; without it libtorch finds no GPU, and says so.
        lines = [line for line in lines if not line.startswith("libcuda.so.1 ")]
        if lines:
            raise Problem("%s cannot be loaded on this machine: %s (glibc 2.28 or newer is needed)" % (library, lines[0]))


def link(default: Path, place: Path) -> None:
    """Lets `default` name the tree at `place`; the link appears in one step."""
    default.parent.mkdir(parents=True, exist_ok=True)
    if default.is_dir() and not default.is_symlink():
        remove(default)
    new = default.with_name(".libtorch-link-%d" % os.getpid())
    remove(new)
    new.symlink_to(place, target_is_directory=True)
    os.replace(str(new), str(default))


def remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(str(path))


if __name__ == "__main__":
    for signal_number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_number, stop)
    sys.exit(main(sys.argv[1:]))
