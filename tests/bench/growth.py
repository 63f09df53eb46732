"""`make bench-growth`: how time and memory grow. Of a supernet step with length, channels, cells, options left and
batch; of a comparison and its report with runs; of an import with scaffolds and rows. Ours alone: each size in a
process of its own."""

import argparse
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import machine
import program
import rows
import sides
from bench import built_worker

# Sizes of a supernet that is small enough to grow: what a row does not change.
BASE = {"length": 1000, "channels": 4, "cells": 3, "stage": "full", "batch": 16}
STEPS = {
    "length": [200, 500, 1000, 2000, 5000, 10_000],
    "channels": [2, 4, 8, 16],
    "cells": [1, 2, 3, 4, 5, 6],
    "stage": ["stage3", "stage2", "full"],
    "batch": [2, 4, 8, 16, 32, 64],
}


def step(worker, threads, changed, repeats):
    """Seconds and memory of a weight step."""
    sizes = {**BASE, **changed}
    row = rows.supernet(
        sizes["stage"],
        "weights",
        threads,
        sizes["batch"],
        sizes["length"],
        919,
        {"channels": sizes["channels"], "cells": sizes["cells"]},
    )
    with sides.ours(worker, threads) as side:
        told = side.ask("build", row=row["row"])
        side.run(1)
        seconds = min(side.run(1) for _ in range(repeats))
        return {"seconds": seconds, "memory": side.ask("memory")["peak"], "multiply_adds": told["multiply_adds"]}


def steps(worker, asked):
    for what, values in STEPS.items():
        for value in values[:2] if asked.smoke else values:
            try:
                yield f"step/{what}", value, step(worker, asked.threads, {what: value}, 1 if asked.smoke else 3)
            except sides.Failed as error:
                yield f"step/{what}", value, {"failed": str(error)}


def measured(command):
    """Seconds and largest memory of a command, of its children, too, each for itself, and never less than the 16 MB of this
    Python that starts it; or why it failed."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=program.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        return {"failed": error.strip()}
    return {"seconds": time.perf_counter() - begun, "memory": usage.ru_maxrss * 1024}


def multiplied(bench, count):
    """A comparison of `count` runs that are copies of one, each with a seed of its own."""
    source, out = program.small_comparison(bench), bench.folder / f"runs-{count}"
    if out.exists():
        shutil.rmtree(out)
    (run,) = (source / "runs").glob("*/seed-1")
    copy = out / run.parent.relative_to(source)
    copy.mkdir(parents=True)
    for file in source.iterdir():
        if file.is_file():
            shutil.copy(file, out / file.name)
    # Without the first and the last line, comments with the digest: it is meant to be changed.
    plan = "".join((source / "comparison.toml").read_text(encoding="utf-8").splitlines(keepends=True)[1:-1])
    seeds = ", ".join(map(str, range(1, count + 1)))
    (out / "comparison.toml").write_text(re.sub(r"(?ms)^seeds = \[.*?\]", f"seeds = [{seeds}]", plan), encoding="utf-8")
    settings = (run / "run.toml").read_text(encoding="utf-8")
    # Without digests, which earlier versions did not write: what stands there is another run.
    settings = settings.split("\n", 1)[1] if settings.startswith("sha256") else settings
    result = json.loads((run / "result.json").read_text(encoding="utf-8"))
    del result["sha256"]
    for seed in range(1, count + 1):
        folder = copy / f"seed-{seed}"
        folder.mkdir()
        for file in run.iterdir():
            if file.name not in ("run.toml", "result.json") and file.is_file():
                os.link(file, folder / file.name)
        (folder / "run.toml").write_text(re.sub(r"(?m)^seed = 1$", f"seed = {seed}", settings), encoding="utf-8")
        (folder / "result.json").write_text(json.dumps({**result, "seed": seed}), encoding="utf-8")
    return out


def reports(bench, asked):
    """The report of a comparison of so many finished runs, and the comparison that finds them all finished."""
    for count in [2, 10] if asked.smoke else [10, 100, 1000, 10_000]:
        out = multiplied(bench, count)
        yield "report/runs", count, measured([bench.program, "report", out])
        yield "compare, all finished/runs", count, measured([bench.program, "compare", "--out", out])
        shutil.rmtree(out)


def fasta(path, scaffolds, bases):
    """A genome of random bases in so many scaffolds, and a BED file of a region in each."""
    draws = random.Random(1)
    with path.open("w", encoding="ascii") as file:
        for scaffold in range(scaffolds):
            sequence = "".join(draws.choices("ACGT", k=bases // scaffolds))
            file.write(f">s{scaffold}\n{sequence}\n")
    labels = path.with_suffix(".bed")
    with labels.open("w", encoding="ascii") as file:
        for scaffold in range(scaffolds):
            file.write(f"s{scaffold}\t{bases // scaffolds // 3}\t{bases // scaffolds // 2}\t{'ab'[scaffold % 2]}\n")
    return labels


def imports(bench, asked):
    bases, out = 400_000 if asked.smoke else 20_000_000, bench.folder / "grown.arrow"
    for scaffolds in [10, 20] if asked.smoke else [10, 100, 1000, 10_000]:
        genome = bench.folder / "genome.fa"
        labels = fasta(genome, scaffolds, bases)
        command = [bench.program, "data", "import", "windows"]
        command += program.options(
            genome=genome, labels=labels, valid_share=0.1, test_share=0.1, overwrite=True, out=out
        )
        yield "import windows/scaffolds", scaffolds, measured(command)
    for count in [80, 160] if asked.smoke else [1000, 10_000, 100_000]:
        table = bench.table(count, 200, 20)
        names = ",".join(f"l{label}" for label in range(20))
        command = [bench.program, "data", "import", "table", table]
        command += program.options(task="multi-label", split="split", labels=names, overwrite=True, out=out)
        yield "import table/rows", count, measured(command)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=["steps", "reports", "imports"], help="what to measure")
    parser.add_argument("--threads", type=int, default=2, help="of a step (default 2)")
    parser.add_argument("--smoke", action="store_true", help="the first two sizes of each")
    parser.add_argument("--worker", help="a built worker; cargo builds one otherwise")
    parser.add_argument("--json", type=Path, help="writes what was measured")
    asked = parser.parse_args()
    only = asked.only or ["steps", "reports", "imports"]
    result = {"machine": machine.described(), "before": machine.before(), "rows": []}
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        bench = program.Bench(folder, True)
        worker = (asked.worker or built_worker()) if "steps" in only else None
        groups = {
            "steps": lambda: steps(worker, asked),
            "reports": lambda: reports(bench, asked),
            "imports": lambda: imports(bench, asked),
        }
        for name in only:
            watch = machine.Watch()
            for what, size, of in groups[name]():
                failed |= "failed" in of
                result["rows"].append({"name": what, "size": size, **of})
                shown = of.get("failed") or f"{of['seconds']:.3f} s, {of['memory'] / 1e6:.0f} MB"
                print(f"{what} {size}: {shown}", flush=True)
            if name != "steps":
                continue
            result["others"] = watch.others()
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return int(failed and asked.smoke)


if __name__ == "__main__":
    sys.exit(main())
