"""`make bench`: genomenas beside the same networks in plain PyTorch, in one run, by turns. See README.md."""

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import agree
import machine
import program
import rows
import sides
import table
import timing

ROOT = Path(__file__).parents[2]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--rows", action="append", default=[], metavar="TEXT", help="rows whose name holds this; may be repeated")
    add("--threads", type=int, action="append", help="only rows of so many threads")
    add("--seconds", type=float, default=10.0, help="how long a row is timed, five pairs at least (default 10)")
    add("--quick", action="store_true", help="two seconds a row")
    add("--list", action="store_true", help="names the rows and ends")
    add("--no-check", action="store_true", help="times what was not compared; the table says so")
    add("--compile", action="store_true", help="the peer by torch.compile, for which PyTorch needs a C++ compiler")
    add("--device", choices=["cpu", "cuda"], default="cpu", help="where networks compute; on cuda, no row has another")
    add("--smoke", action="store_true", help="every kind of row at tiny sizes, without ratios")
    add("--json", type=Path, help="writes everything that was measured")
    add("--markdown", type=Path, help="writes the table as Markdown")
    add("--worker", help="a built worker; cargo builds one otherwise")
    return parser.parse_args()


def built_worker():
    """The path of the worker, which cargo builds."""
    command = [os.environ.get("CARGO", "cargo"), "build", "--release", "--workspace", "--lib", "--bins", "--examples"]
    command += ["--message-format", "json-render-diagnostics"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if built.returncode:
        sys.exit(built.returncode)
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    return next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "genomenas-bench")


def checked(chosen, worker, threads):
    """Compares both sides in every row. Returns the errors by row, and what is apart too far."""

    # What differs in threads alone, or in sizes beyond those that are compared, computes the same.
    def key_of(row):
        return json.dumps([agree.compared(row), row.get("options")], sort_keys=True)

    errors, wrong = {}, []
    with sides.ours(worker, threads) as own, sides.peer(threads) as other:
        for row in chosen:
            key = key_of(row)
            if key in errors:
                continue
            try:
                errors[key] = agree.check(row, own, other)
            except sides.Failed as error:
                errors[key] = {}
                wrong.append(f"{row['name']}: {error}")
                continue
            faults = agree.faults(row, errors[key])
            wrong += faults
            largest = max((of["error"] for of in errors[key].values()), default=0.0)
            print(f"{'NOT ' if faults else ''}equal  {row['name']}  largest difference {largest:.1e}", file=sys.stderr)
    return {row["name"]: errors[key_of(row)] for row in chosen}, wrong


def main():
    asked = arguments()
    for pattern in asked.rows:
        if not rows.chosen([pattern]) and not program.chosen([pattern]):
            print(
                f"no row's name holds {pattern}{rows.hint(pattern, program.GROUPS)} --list names them", file=sys.stderr
            )
            return 2
    chosen = rows.smoke() if asked.smoke else rows.chosen(asked.rows)
    chosen = [row for row in chosen if not asked.threads or row["threads"] in asked.threads]
    # What has no threads or device of ours to choose is left out where they are chosen.
    groups = [] if asked.threads or asked.device != "cpu" else program.chosen(asked.rows)
    if asked.device != "cpu":
        chosen = list(rows.on(asked.device, chosen))
    if asked.smoke:
        # Benchmarks of their own crates, which take longer to compile than all the rest to run.
        groups = [name for name in groups if name not in ("hook", "metrics")]
    if asked.list:
        print(*(row["name"] for row in chosen), *(f"{name}/…" for name in groups), sep="\n")
        return 0
    if not chosen and not groups:
        print("no row is left of so many threads, or on this device: --list names those there are", file=sys.stderr)
        return 2
    with_peer = sides.has_torch()
    if chosen and not with_peer and not asked.smoke:
        print(f"{sys.executable} has no torch 2.11: name a Python that has it, make bench PYTHON=…", file=sys.stderr)
        return 2
    worker = asked.worker or (built_worker() if chosen else None)
    lacking = sides.without_gpu(worker, with_peer) if asked.device == "cuda" else None
    if lacking:
        print(f"--device cuda: {lacking} sees no GPU", file=sys.stderr)
        return 2
    result = {
        "when": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "machine": machine.described(),
        "before": machine.before(),
        "peer": "none" if not with_peer else "torch.compile" if asked.compile else "eager",
        "checked": with_peer and not asked.no_check,
        "rows": [],
        "program": [],
    }
    networks = [row for row in chosen if row["row"]["kind"] != "part"]
    errors = {}
    if result["checked"] and networks:
        errors, wrong = checked(networks, worker, max(row["threads"] for row in chosen))
        if wrong:
            print("the two sides do not compute the same, so nothing is timed:", *wrong, sep="\n  ", file=sys.stderr)
            return 1
    seconds = 0.2 if asked.smoke else 2.0 if asked.quick else asked.seconds
    interrupted = False
    try:
        for row in chosen:
            print(f"timing  {row['name']}", end="", file=sys.stderr, flush=True)
            watch = machine.Watch()
            try:
                measured = timing.time_row(row, worker, seconds, with_peer and not asked.smoke, asked.compile)
            except sides.Failed as error:
                measured = {"error": str(error), "others": watch.others()}
            measured["errors"] = errors.get(row["name"])
            result["rows"].append({"name": row["name"], "threads": row["threads"], **measured})
            print("", *table.cells(result["rows"][-1])[1:4], sep="  ", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            for row in program.measure(program.Bench(folder, asked.smoke), groups):
                print(f"measured  {row['name']}", file=sys.stderr)
                result["program"].append(row)
    except KeyboardInterrupt:
        interrupted = True
        print("\ninterrupted: this is what was measured until then", file=sys.stderr)
    result["busy"] = table.busy(result)
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(table.text(result))
    if asked.markdown:
        asked.markdown.write_text(table.markdown(result), encoding="utf-8")
    if interrupted:
        return 130
    # A row that fails is a fault; one that is slow is a result.
    return int(any("error" in row for row in result["rows"] + result["program"]))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        # Where something was timed, `main` has shown it.
        print("\ninterrupted", file=sys.stderr)
        sys.exit(130)
