"""Rows of the program itself: start-up, import, hooks, metrics, runs beside each other. Each is measured through what a
user calls; none has a network beside it, and some have a most that they may take."""

import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import machine

ROOT = Path(__file__).parents[2]


# What the trainings and comparisons of rows have in common: the least that shows what is measured.
LEAST = {"epochs": 1, "batch": 16, "device": "cpu"}
COMPARISON = {**LEAST, "seeds": "1..2", "no_control": True, "budget": "64samples"}


def options(**named):
    """Options of the program: `batch=16` is `--batch 16`, and `no_control=True` is `--no-control`."""
    words = []
    for name, value in named.items():
        words += ["--" + name.replace("_", "-"), *([] if value is True else [str(value)])]
    return words


class Bench:
    """A folder to work in, and the built program."""

    def __init__(self, folder, smoke):
        self.folder, self.smoke = Path(folder), smoke
        built = os.environ.get("CARGO_TARGET_DIR") or os.environ.get("CARGO_BUILD_TARGET_DIR") or ROOT / "target"
        self.program = Path(built) / "release" / "genomenas"

    def genomenas(self, *arguments):
        """Runs the program; what it says is shown only where it fails."""
        done = subprocess.run(
            [self.program, *map(str, arguments)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "XDG_STATE_HOME": str(self.folder / "state")},
        )
        if done.returncode:
            raise RuntimeError(f"genomenas {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done.stdout

    def timed(self, *arguments):
        begun = time.perf_counter()
        self.genomenas(*arguments)
        return time.perf_counter() - begun

    def table(self, rows, length=1000, labels=919):
        """A table of random rows; made once."""
        path = self.folder / f"table-{rows}-{length}-{labels}.tsv"
        if not path.exists():
            draws = random.Random(1)
            with path.open("w", encoding="ascii") as file:
                print("sequence", "split", *(f"l{label}" for label in range(labels)), sep="\t", file=file)
                for row in range(rows):
                    bases = "".join(draws.choices("ACGT", k=length))
                    split = ("valid", "test")[row % 8 - 6] if row % 8 > 5 else "train"
                    print(bases, split, *(int(draws.random() < 0.02) for _ in range(labels)), sep="\t", file=file)
        return path

    def import_table(self, table, out, labels):
        names = ",".join(f"l{label}" for label in range(labels))
        more = options(task="multi-label", split="split", labels=names, out=out, overwrite=True)
        return self.timed("data", "import", "table", table, *more)

    def store(self, rows, length=1000, labels=919):
        """A store of random rows; made once."""
        path = self.folder / f"store-{rows}-{length}-{labels}.arrow"
        if not path.exists():
            self.import_table(self.table(rows, length, labels), path, labels)
        return path

    def trained(self):
        """A store to train on; made once."""
        return self.store(160, 200, 4) if self.smoke else self.store(400)


def repeated(count, work):
    return [work() for _ in range(count)]


def of_times(times, most=None, **more):
    low, median, high = (min(times), statistics.median(times), max(times))
    return {"unit": "s", "low": low, "median": median, "high": high, "most": most, **more}


def start(bench):
    """Start-up of verbs that need no network, with all plugins of the workspace in the cache."""
    count = 2 if bench.smoke else 15
    for name, most, arguments in [("--version", 0.020, ["--version"]), ("plugin list", 0.100, ["plugin", "list"])]:
        bench.genomenas(*arguments)
        yield f"start/{name}", of_times(repeated(count, lambda: bench.timed(*arguments)), most)  # noqa: B023
    comparison = small_comparison(bench)
    bench.genomenas("report", comparison)
    yield "start/report", of_times(repeated(count, lambda: bench.timed("report", comparison)), 0.300)


def small_comparison(bench):
    """A finished comparison of one small baseline and two seeds."""
    out = bench.folder / "comparison"
    if not out.exists():
        of = {"data": bench.store(160, 200, 4), "strategies": "deepsea width=0.02", "steps_per_epoch": 2}
        bench.genomenas("compare", *options(**COMPARISON, **of, jobs=1, out=out))
    return out


def imports(bench):
    """MB a second of text that becomes a store."""
    rows = 80 if bench.smoke else 4000
    table = bench.table(rows)
    size = table.stat().st_size / 1e6
    rates = repeated(1 if bench.smoke else 5, lambda: size / bench.import_table(table, bench.folder / "i.arrow", 919))
    yield "import/table, 919 labels", {**of_times(rates), "unit": "MB/s"}
    genome, labels = ROOT / "examples/data/mini.2bit", ROOT / "examples/data/mini_annotation.bed.gz"
    of = {"genome": genome, "labels": labels, "valid": "chr9", "test": "chr8"}
    command = ["data", "import", "windows", *options(**of, out=bench.folder / "windows.arrow", overwrite=True)]
    yield "import/windows, the demo's", of_times(repeated(1 if bench.smoke else 5, lambda: bench.timed(*command)))


# What is built together with a benchmark, as `make test` builds it: another choice would have other features, and compile
# everything anew.
WITH_LIBTORCH = ["genomenas-bench", "genomenas-tests", "genomenas-torch", "genomenas-train"]


def cargo_bench(packages, name, *arguments):
    """What a benchmark of a crate prints."""
    cargo = os.environ.get("CARGO", "cargo")
    chosen = [word for package in packages for word in ("-p", package)]
    command = [cargo, "bench", "--quiet", *chosen, "--bench", name, "--", *arguments]
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr.strip()


def hooks(_bench):
    """A call of a plugin's hook; the benchmark itself fails above its bound."""
    _, said, error = cargo_bench(WITH_LIBTORCH, "hook")
    found = re.search(r"median ([\d.]+)(ns|µs|ms) confined", said)
    if not found:
        raise RuntimeError(last_line(error))
    value = float(found[1]) * {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3}[found[2]]
    yield "hook/confined", {"unit": "s", "median": value, "low": value, "high": value, "most": 1e-4}


def last_line(error):
    return error.splitlines()[-1] if error else "the benchmark said nothing"


def metrics(_bench):
    """All metrics of labels against scikit-learn, which must agree on them; ours alone where it is not installed."""
    has = (
        subprocess.run([sys.executable, "-c", "import sklearn"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    )
    alone, wanted = ([], r"median of ratios: ([\d.]+)") if has else (["--alone"], r"genomenas: median ([\d.]+) s")
    code, said, error = cargo_bench(["genomenas-report"], "metrics", "--repeats", "3", *alone)
    found = re.search(wanted, said)
    if code or not found:
        raise RuntimeError(last_line(error))
    name = "metrics/scikit-learn" if has else "metrics/alone: this Python has no scikit-learn"
    unit = "times as fast" if has else "s"
    yield name, {"unit": unit, **dict.fromkeys(("low", "median", "high"), float(found[1]))}


def train(bench, out, steps, threads=2):
    shutil.rmtree(out, ignore_errors=True)
    width = "0.05" if bench.smoke else "1"
    of = {"strategy": "danq", "set": f"width={width}", "data": bench.trained(), "steps_per_epoch": steps}
    return [str(bench.program), "train", *options(**LEAST, **of, threads=threads, out=out)]


def jobs(bench):
    """Two trainings of two threads each at once, each against one alone."""
    steps, ratios = (2 if bench.smoke else 12), []

    def together(count):
        begun = time.perf_counter()
        commands = [train(bench, bench.folder / f"job{at}", steps) for at in range(count)]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT}
        running = [subprocess.Popen(command, **silent) for command in commands]
        codes = [process.wait() for process in running]
        if any(codes):
            raise RuntimeError(f"a training ended with {codes}")
        return time.perf_counter() - begun

    bench.trained()
    for _ in range(1 if bench.smoke else 3):
        alone = together(1)
        ratios.append(together(2) / alone)
    yield "jobs/two of two threads against one", {**of_times(ratios, 2.2), "unit": "times as long"}


def slots(bench):
    """Two runs on two slots of one thread against the same on one: runs a second."""
    width, steps, ratios = (0.05, 2, []) if bench.smoke else (0.25, 16, [])

    def compare(at_once):
        out = bench.folder / "slots"
        shutil.rmtree(out, ignore_errors=True)
        of = {"data": bench.trained(), "strategies": f"danq width={width}", "steps_per_epoch": steps}
        return bench.timed("compare", *options(**COMPARISON, **of, jobs=at_once, threads=at_once, out=out))

    bench.trained()
    for _ in range(1 if bench.smoke else 3):
        ratios.append(compare(1) / compare(2))
    yield "slots/two against one", {**of_times(ratios), "unit": "times as many", "least": 1.9}


GROUPS = {
    "start": start,
    "import": imports,
    "hook": hooks,
    "metrics": metrics,
    "jobs": jobs,
    "slots": slots,
}


def chosen(patterns):
    """The groups that one of the patterns is a part of, or the other way round; all where there are no patterns."""
    return [name for name in GROUPS if not patterns or any(name in text or text in name for text in patterns)]


def measure(bench, groups):
    """The rows of these groups, with what others used of the processors meanwhile. One that fails is told, and the
    others go on."""
    for name in groups:
        watch = machine.Watch()
        try:
            for row, measured in GROUPS[name](bench):
                yield {"name": row, **measured, "others": watch.others()}
                watch = machine.Watch()
        except RuntimeError as error:
            yield {"name": name, "error": str(error), "others": watch.others()}


def missed(row):
    """Whether a row is not what it has to be: slower than the most, or failed."""
    if "error" in row:
        return True
    most, least = row.get("most"), row.get("least")
    return bool(most and row["median"] > most) or bool(least and row["median"] < least)
