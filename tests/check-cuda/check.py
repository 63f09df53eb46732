"""`make check-cuda`: what a machine with a GPU says of this project, as one JSON file. See README.md."""

import argparse
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# All parts together take less; what would begin later is told as left out.
SECONDS = 480
NO_GPU = 2
# A small genomeNAS space, as that of the demo.
SPACE = ["channels=2", "cells=3", "nodes=2", "rnn_nodes=2", "decoder_features=64"]
# The networks of the papers are for 919 labels.
SET = {"deepsea": ["width=0.05"], "danq": ["width=0.05"]}
QUERY = ["nvidia-smi", "--format=csv,noheader,nounits"]


class Failed(Exception):
    """A part that did not do what it should, in words."""


def gpu():
    """Name, MiB of memory and driver of the first GPU, or None."""
    if shutil.which(QUERY[0]) is None:
        return None
    asked = [*QUERY, "--query-gpu=name,memory.total,driver_version"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    if answer.returncode != 0 or not answer.stdout.strip():
        return None
    name, memory, driver = (field.strip() for field in answer.stdout.splitlines()[0].split(","))
    return {"name": name, "memory_mib": int(memory), "driver": driver}


class Memory:
    """The most memory of the first GPU that was in use, by whomever, asked twice a second."""

    def __init__(self, there):
        self.most, self.ended = None, threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True) if there else None
        if self.thread:
            self.thread.start()

    def watch(self):
        while not self.ended.wait(0.5):
            asked = [*QUERY, "--query-gpu=memory.used"]
            answer = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
            if answer and answer[0].isdigit():
                self.most = max(self.most or 0, int(answer[0]))

    def end(self):
        self.ended.set()
        if self.thread:
            self.thread.join()
        return self.most


def done(command, seconds):
    """What a command printed; Failed with the end of what it said otherwise."""
    try:
        answer = subprocess.run(
            [str(part) for part in command], cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise Failed(f"not done after {seconds:.0f} s") from late
    if answer.returncode != 0:
        said = (answer.stdout + answer.stderr).strip().splitlines()
        raise Failed(f"exit code {answer.returncode}: " + " | ".join(said[-6:]))
    return answer.stdout


def compared(asked, left, word, on_gpu, on_cpu):
    """What a test of the torch crate prints after `word`: names, and how far values and gradients are off."""
    gpu_asked = asked.device != "cpu"
    test = on_gpu if gpu_asked else on_cpu
    command = [asked.cargo, "test", "--release", "-p", "genomenas-torch", "--lib", "--", test, "--nocapture"]
    lines = done([*command, "--ignored"] if gpu_asked else command, left).splitlines()
    rows = [line.split("\t")[1:] for line in lines if line.startswith(f"{word}\t")]
    if not rows:
        raise Failed("the test compared nothing")
    return {name: {"values": float(values), "gradients": float(gradients)} for name, values, gradients in rows}


def agreement(asked, left):
    """Of each family of operations, how far values and gradients on the device are from those of the CPU."""
    return compared(asked, left, "agreement", "a_gpu_has_the_values", "every_family_that_is_compared")


def cell(asked, left):
    """Of each form of the highway cell, how far its kernels on the device are from operations of libtorch there."""
    return compared(asked, left, "cell", "the_kernels_of_the_highway_cell", "the_emulated_kernels_of_the_highway_cell")


def strategies(asked, folder, left):
    """A short search by each plugin that was built. Yields name and seconds, or what went wrong."""
    store = folder / "mini.arrow"
    begun = time.monotonic()
    data = ROOT / "examples/data"
    done(
        [asked.genomenas, "data", "import", "windows", "--genome", data / "mini.2bit", "--labels",
         data / "mini_annotation.bed.gz", "--valid", "chr9", "--test", "chr8", "--out", store],
        left,
    )  # fmt: skip
    for name in (plugin["strategy"] for plugin in json.loads(done([asked.genomenas, "plugin", "list", "--json"], left))):
        remaining = left - (time.monotonic() - begun)
        if remaining < 1:
            yield name, {"left_out": "no time was left"}
            continue
        command = [asked.genomenas, "search", "--strategy", name, "--data", store, "--budget", "512samples"]
        command += [part for size in SPACE for part in ("--space-set", size)]
        command += [part for value in SET.get(name, []) for part in ("--set", value)]
        at = time.monotonic()
        try:
            done([*command, "--device", asked.device, "--out", folder / name], min(60, remaining))
            yield name, {"seconds": round(time.monotonic() - at, 2)}
        except Failed as failed:
            yield name, {"failed": str(failed)}


def bench(asked, left):
    """The table of `make bench` on the device, where this Python has what it is compared with."""
    if find_spec("torch") is None:
        return {"left_out": f"{sys.executable} has no PyTorch: name a Python that has it, make check-cuda PYTHON=…"}
    script = ROOT / "tests/bench/bench.py"
    return {"printed": done([sys.executable, script, "--quick", "--device", asked.device], left)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda", help="cpu tries this script itself, on a machine without a GPU")
    parser.add_argument("--genomenas", default="target/release/genomenas")
    parser.add_argument("--cargo", default="cargo")
    parser.add_argument("--out", default="check-cuda.json", type=Path)
    parser.add_argument("--find", action="store_true", help="only look for a GPU")
    asked = parser.parse_args()
    card = gpu()
    if asked.device != "cpu" and card is None:
        print("check-cuda needs a GPU, and nvidia-smi finds none here: nothing was checked", file=sys.stderr)
        return NO_GPU
    if asked.find:
        return 0
    begun, report, failures = time.monotonic(), {"gpu": card, "device": asked.device}, []
    report["machine"] = {"system": platform.platform(), "python": platform.python_version()}
    memory = Memory(card is not None)

    def left():
        return max(SECONDS - (time.monotonic() - begun), 1)

    def part(name, run):
        print(f"{name} ...", flush=True)
        at = time.monotonic()
        try:
            report[name] = run()
        except Failed as failed:
            report[name] = {"failed": str(failed)}
        print(f"{name}: {time.monotonic() - at:.0f} s", flush=True)
        whole = [(name, report[name]), *((f"{name}/{key}", value) for key, value in report[name].items())]
        failures.extend(f"{key}: {value['failed']}" for key, value in whole if isinstance(value, dict) and "failed" in value)

    with tempfile.TemporaryDirectory() as folder:
        part("agreement", lambda: agreement(asked, left()))
        part("cell", lambda: cell(asked, left()))
        part("strategies", lambda: dict(strategies(asked, Path(folder), left() / 2)))
        part("bench", lambda: bench(asked, left()))
    report["memory_mib"] = memory.end()
    report["seconds"] = round(time.monotonic() - begun, 1)
    report["failures"] = failures
    asked.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for failure in failures:
        print(f"FAILED {failure}", file=sys.stderr)
    print(f"{asked.out}: {report['seconds']} s, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
