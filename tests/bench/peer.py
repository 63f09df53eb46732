"""The other side of the benchmarks: the same networks in plain PyTorch. It answers lines of JSON as the worker does,
see README.md, and compares what the worker wrote with its own outputs, gradients and weights.

Arguments: the number of threads."""

import json
import os
import sys
import time
import traceback

import torch

import parts
from safetensors_file import read
from tasks import Cell, Training

COMMANDS = {}


def command(function):
    COMMANDS[function.__name__] = function
    return function


class Session:
    built = None


@command
def build(session, asked):
    session.built = None
    row = asked["row"]
    torch.manual_seed(row.get("seed", 0))
    if row["kind"] == "part":
        session.built = parts.build(row, asked["path"])
    elif row["kind"] == "cell":
        session.built = Cell(row, asked["options"])
    else:
        session.built = Training(row, asked["options"], asked["plan"])
    if asked.get("compile"):
        session.built.compile()
    return {}


@command
def run(session, asked):
    begun = time.perf_counter()
    session.built.run(asked["count"])
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return {"seconds": time.perf_counter() - begun}


@command
def devices(_session, _asked):
    return {"cuda": torch.cuda.device_count() if torch.cuda.is_available() else 0}


@command
def check(session, asked):
    return {"errors": session.built.check({name: read(path, torch.float64) for name, path in asked["files"].items()})}


@command
def memory(_session, _asked):
    with open("/proc/self/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmHWM:"))
    return {"peak": 1024 * int(line.split()[1])}


def first_line(error):
    """What an error says; one of a compiler says it in many lines."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no reason given")


def main():
    torch.set_num_threads(int(sys.argv[1]))
    session = Session()
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = COMMANDS[asked["do"]](session, asked)
        except Exception as error:  # noqa: BLE001 (the driver is told, and decides)
            if os.environ.get("BENCH_TRACEBACK"):
                traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {first_line(error)}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
