#!/usr/bin/env python3
"""Tests of libtorch.py against a package folder of made-up wheels: nothing is fetched from a network."""

import base64
import contextlib
import hashlib
import importlib.util
import io
import json
import os
import shutil
import signal
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import libtorch  # noqa: E402
from libtorch import Problem, Wheel  # noqa: E402

TORCH = {
    "torch/version.py": b"__version__ = '2.11.0+cu130'\n",
    "torch/lib/libtorch_cpu.so": b"cpu" * 1000,
    "torch/lib/libtorch_cuda.so": b"cuda" * 1000,
    "torch/lib/libtorch_python.so": b"python",
    "torch/include/ATen/ATen.h": b"#pragma once\n",
    "torch/nn/__init__.py": b"",
    "torch-2.11.0.dist-info/licenses/LICENSE": b"a licence\n",
}
RUNTIME = {"nvidia/cu13/lib/libcudart.so.13": b"runtime", "nvidia/cu13/lib/libextra.so.1": b"extra", "nvidia/cu13/include/cuda.h": b""}
KEPT_TORCH = {"cpu": ["libtorch_cpu.so"], "cuda": ["libtorch_cpu.so", "libtorch_cuda.so"]}
KEPT_RUNTIME = {"cpu": ["libcudart.so.13"], "cuda": ["*.so*"]}


class WithPackages(unittest.TestCase):
    """A target directory, and a folder of wheels."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="a space, a comma ")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.packages = self.root / "packages"
        self.packages.mkdir()
        self.target = self.root / "target"
        self.place = self.target / "libtorch"
        self.wheels = [
            self.wheel("torch", "2.11.0", TORCH, KEPT_TORCH, tag="cp311-cp311-manylinux_2_28_x86_64"),
            self.wheel("nvidia-cuda-runtime", "13.0.96", RUNTIME, KEPT_RUNTIME, tag="py3-none-manylinux2014_x86_64"),
        ]
        self.patch(mock.patch.dict(libtorch.SPACE, {"cpu": 0, "cuda": 0}))
        self.patch(mock.patch.object(libtorch, "check_machine_and_pip"))
        self.patch(mock.patch.object(libtorch, "download", self.copy))

    def patch(self, patch):
        patch.start()
        self.addCleanup(patch.stop)

    def copy(self, wheel, staging):
        """Stands in for pip, which takes a second to start; `Downloading` has the real one."""
        path = next(path for path in self.packages.iterdir() if libtorch.sha256_of(path) == wheel.sha256)
        return Path(shutil.copy(str(path), str(staging)))

    def wheel(self, name, version, members, kept, tag, record_of=None):
        """Writes a wheel; `record_of` are the contents that its RECORD vouches for, by default the real ones."""
        stem = "%s-%s" % (name.replace("-", "_"), version)
        members = dict(members, **{"%s.dist-info/METADATA" % stem: ("Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version)).encode(),
                                   "%s.dist-info/WHEEL" % stem: ("Wheel-Version: 1.0\nTag: %s\n" % tag).encode()})
        record = ""
        for path, content in dict(members, **(record_of or {})).items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            record += "%s,sha256=%s,%d\n" % (path, digest, len(content))
        path = self.packages / ("%s-%s.whl" % (stem, tag))
        with zipfile.ZipFile(str(path), "w") as archive:
            for member, content in members.items():
                archive.writestr(member, content)
            archive.writestr("%s.dist-info/RECORD" % stem, record)
        return Wheel(name, version, libtorch.sha256_of(path), kept)

    def provide(self, variant="cpu", target=None, wheels=None):
        with contextlib.redirect_stdout(io.StringIO()):
            libtorch.provide(variant, target or self.target, self.target, wheels or self.wheels)

    def libraries(self):
        return sorted(path.name for path in (self.place / "lib").iterdir())

    def leftovers(self):
        return sorted(path.name for path in self.target.iterdir() if path.name not in ("libtorch", ".libtorch.lock"))


class Fetching(WithPackages):
    def test_the_cpu_set_is_the_kept_libraries_the_headers_and_the_licences(self):
        self.provide()
        self.assertEqual(self.libraries(), ["libcudart.so.13", "libtorch_cpu.so"])
        self.assertTrue((self.place / "include/ATen/ATen.h").is_file())
        self.assertTrue((self.place / "licenses/torch/LICENSE").is_file())
        self.assertFalse((self.place / "nn").exists())
        self.assertEqual(self.leftovers(), [])

    def test_the_version_is_written_where_torch_sys_compares_it(self):
        self.provide()
        self.assertEqual((self.place / "build-version").read_text(), "2.11.0+cu130\n")

    def test_the_cuda_set_has_every_shared_library_of_the_nvidia_wheels(self):
        self.provide("cuda")
        self.assertEqual(self.libraries(), ["libcudart.so.13", "libextra.so.1", "libtorch_cpu.so", "libtorch_cuda.so"])

    def test_a_whole_tree_is_left_alone(self):
        self.provide()
        with mock.patch.object(libtorch, "fetch", side_effect=AssertionError("fetched again")):
            self.provide()

    def test_a_cpu_tree_does_not_serve_cuda_but_a_cuda_tree_serves_both(self):
        self.provide("cpu")
        self.provide("cuda")
        self.assertIn("libtorch_cuda.so", self.libraries())
        self.provide("cpu")
        self.assertIn("libtorch_cuda.so", self.libraries())

    def test_a_tree_without_a_stamp_is_replaced(self):
        (self.place / "lib").mkdir(parents=True)
        (self.place / "lib/foreign.so").write_bytes(b"")
        self.provide()
        self.assertEqual(self.libraries(), ["libcudart.so.13", "libtorch_cpu.so"])
        self.assertEqual(self.leftovers(), [])

    def test_a_truncated_file_makes_the_tree_be_fetched_again(self):
        self.provide()
        (self.place / "lib/libtorch_cpu.so").write_bytes(b"cpu")
        self.provide()
        self.assertEqual((self.place / "lib/libtorch_cpu.so").read_bytes(), TORCH["torch/lib/libtorch_cpu.so"])

    def test_a_stamp_of_other_wheels_makes_the_tree_be_fetched_again(self):
        self.provide()
        stamp = json.loads((self.place / libtorch.STAMP).read_text())
        stamp["wheels"][0][2] = "0" * 64
        (self.place / libtorch.STAMP).write_text(json.dumps(stamp))
        self.assertFalse(libtorch.serving(self.place, "cpu", self.wheels))
        self.provide()
        self.assertTrue(libtorch.serving(self.place, "cpu", self.wheels))

    def test_a_fetch_killed_while_unpacking_leaves_no_tree_and_is_repeated(self):
        child = os.fork()
        if child == 0:
            libtorch.check_tree = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
            self.provide()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        self.assertEqual(os.WTERMSIG(status), signal.SIGKILL)
        self.assertFalse(self.place.exists())
        self.assertNotEqual(self.leftovers(), [])
        self.provide()
        self.assertTrue(libtorch.serving(self.place, "cpu", self.wheels))
        self.assertEqual(self.leftovers(), [])

    def test_an_interrupt_removes_what_was_fetched_so_far(self):
        with mock.patch.object(libtorch, "check_tree", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            self.provide()
        self.assertFalse(self.place.exists())
        self.assertEqual(self.leftovers(), [])

    def test_two_at_once_both_end_with_one_whole_tree(self):
        children = []
        for _ in range(2):
            child = os.fork()
            if child == 0:
                self.provide()
                os._exit(0 if libtorch.serving(self.place, "cpu", self.wheels) else 1)
            children.append(child)
        self.assertEqual([os.waitpid(child, 0)[1] for child in children], [0, 0])
        self.assertEqual(self.leftovers(), [])

    def test_another_target_directory_gets_the_tree_and_the_default_one_a_link_to_it(self):
        elsewhere = self.root / "elsewhere"
        self.provide(target=elsewhere)
        self.assertTrue((elsewhere / "libtorch/lib/libtorch_cpu.so").is_file())
        self.assertEqual(os.readlink(str(self.place)), str(elsewhere / "libtorch"))


class Refusing(WithPackages):
    def assert_refused(self, pattern, variant="cpu", wheels=None):
        with self.assertRaisesRegex(Problem, pattern):
            self.provide(variant, wheels=wheels)
        self.assertFalse(self.place.exists())
        self.assertEqual(self.leftovers(), [])

    def test_content_that_differs_from_the_record_is_refused(self):
        damaged = self.wheel("torch", "2.11.0", TORCH, KEPT_TORCH, "cp311-cp311-manylinux_2_28_x86_64",
                             record_of={"torch/lib/libtorch_cpu.so": b"what was published"})
        self.assert_refused("libtorch_cpu.so is damaged", wheels=[damaged, self.wheels[1]])

    def test_a_wheel_that_lost_a_library_is_refused(self):
        kept = {"cpu": ["libtorch_cpu.so", "libc10.so"]}
        self.assert_refused("holds no libc10.so", wheels=[self.wheels[0]._replace(libraries=kept)])

    def test_another_version_inside_the_wheel_is_refused(self):
        other = dict(TORCH, **{"torch/version.py": b"__version__ = '2.10.0'\n"})
        wheel = self.wheel("torch", "2.11.0", other, KEPT_TORCH, "cp311-cp311-manylinux_2_28_x86_64")
        self.assert_refused("version 2.11.0 is needed, the wheel has 2.10.0", wheels=[wheel])

    def test_a_full_disk_is_named_before_anything_is_fetched(self):
        with mock.patch.dict(libtorch.SPACE, {"cpu": 1e18}):
            self.assert_refused("GB of free disk are needed")


@unittest.skipUnless(importlib.util.find_spec("pip"), "pip is not installed")
class Downloading(WithPackages):
    """The real pip, with a folder as its only index."""

    def setUp(self):
        download = libtorch.download
        super().setUp()
        self.patch(mock.patch.object(libtorch, "download", download))
        self.patch(mock.patch.dict(os.environ, {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": self.packages.as_uri()}))

    def test_pip_fetches_the_pinned_wheels_whatever_the_running_python(self):
        self.provide()
        self.assertEqual(self.libraries(), ["libcudart.so.13", "libtorch_cpu.so"])

    def test_a_wheel_with_another_hash_is_refused(self):
        with self.assertRaisesRegex(Problem, "pip could not fetch torch==2.11.0"):
            self.provide(wheels=[self.wheels[0]._replace(sha256="0" * 64)])
        self.assertFalse(self.place.exists())
        self.assertEqual(self.leftovers(), [])


class OwnLibtorch(unittest.TestCase):
    def test_none_is_named_by_default(self):
        self.assertIsNone(libtorch.own_libtorch({"PATH": ""}))

    def test_libtorch_is_used_as_it_is(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "lib").mkdir()
            (Path(folder) / "lib/libtorch_cpu.so").write_bytes(b"")
            self.assertIn(folder, libtorch.own_libtorch({"LIBTORCH": folder}))
            (Path(folder) / "build-version").write_text("2.9.1+cpu\n")
            with self.assertRaisesRegex(Problem, "2.9.1"):
                libtorch.own_libtorch({"LIBTORCH": folder})

    def test_a_libtorch_that_is_not_there_or_not_absolute_is_named(self):
        with self.assertRaisesRegex(Problem, "/nowhere/lib/libtorch_cpu.so does not exist"):
            libtorch.own_libtorch({"LIBTORCH": "/nowhere"})
        for path in ("", "target/libtorch"):
            with self.assertRaisesRegex(Problem, "must be an absolute path"):
                libtorch.own_libtorch({"LIBTORCH": path})

    def test_pytorch_goes_before_libtorch_as_it_does_in_torch_sys(self):
        with mock.patch.object(libtorch, "installed_pytorch", return_value="2.11.0+cu130"):
            said = libtorch.own_libtorch({"LIBTORCH_USE_PYTORCH": "1", "LIBTORCH": "/nowhere"})
        self.assertIn("PyTorch 2.11.0+cu130", said)

    def test_a_missing_or_other_pytorch_is_named(self):
        with self.assertRaisesRegex(Problem, "cannot import torch"), mock.patch.object(
                libtorch.subprocess, "run", side_effect=FileNotFoundError):
            libtorch.own_libtorch({"LIBTORCH_USE_PYTORCH": "1"})
        with self.assertRaisesRegex(Problem, "has 2.10.0"), mock.patch.object(
                libtorch, "installed_pytorch", return_value="2.10.0"):
            libtorch.own_libtorch({"LIBTORCH_USE_PYTORCH": "1"})


if __name__ == "__main__":
    unittest.main()
