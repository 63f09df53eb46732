"""The two processes of a row: ours, the worker, and the peer. While one works, the other waits for its next line."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


class Failed(Exception):
    """What a side answered in place of a result."""


class Side:
    """A process that answers lines of JSON."""

    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
            bufsize=1,
            # Ctrl-C is for the benchmark, which ends its sides.
            start_new_session=True,
        )

    def ask(self, do, **more):
        line = ""
        # What ended in the middle of its work is met by the next line that it is sent, or by the one that it owes.
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps({"do": do, **more}), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        if not line:
            raise Failed(f"a process of the benchmark ended with code {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def run(self, count):
        return self.ask("run", count=count)["seconds"]

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            self.process.kill()
        self.close()


def ours(worker, threads):
    """The worker, with the environment that the program makes itself: nothing of ours changes it."""
    unset = {"OMP_NUM_THREADS", "MKL_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    return Side([worker, str(threads)], environment)


def peer(threads):
    """PyTorch as it is, but for the number of threads."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    return Side([sys.executable, str(HERE / "peer.py"), str(threads)], environment)


def without_gpu(worker, with_peer):
    """Which side sees no GPU, in words; None where each sees one."""
    with ours(worker, 1) as own:
        if own.ask("devices")["cuda"] == 0:
            return "libtorch of genomenas (`make libtorch-cuda` fetches the one for a GPU)"
    if with_peer:
        with peer(1) as other:
            if other.ask("devices")["cuda"] == 0:
                return f"the PyTorch of {sys.executable}"
    return None


def has_torch():
    """Whether this Python has the PyTorch that the peer is written for."""
    code = "import torch, sys; sys.exit(not torch.__version__.startswith('2.11.'))"
    return subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL, check=False).returncode == 0
