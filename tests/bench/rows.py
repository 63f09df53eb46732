"""The rows of the benchmarks: what each builds, and which of them the standard set has.

A row's name is its group and what differs in it: `supernet/full/weights/b16/t2`."""

import difflib
import random

OPERATIONS = [
    "none",
    "max_pool_5",
    "avg_pool_5",
    "skip_connect",
    "sep_conv_15",
    "sep_conv_9",
    "dil_conv_15",
    "dil_conv_9",
    "conv_15",
]
ACTIVATIONS = ["none", "tanh", "identity", "sigmoid", "relu"]
PUBLISHED = {
    "channels": 8,
    "cells": 6,
    "nodes": 4,
    "rnn_nodes": 8,
    "stem_multiplier": 3,
    "drop_path": 0.2,
    "dropout": 0.1,
    "input_dropout": 0.1,
    "hidden_dropout": 0.05,
    "decoder_features": 925,
}
# Options that P-DARTS leaves on an edge in its three stages, of convolutional cells and of the highway cell.
STAGES = {"full": (9, 5), "stage2": (6, 3), "stage3": (3, 2)}
SMALL = {
    "demo": {"channels": 2, "nodes": 2, "rnn_nodes": 2, "decoder_features": 64},
    "readme": {"channels": 2, "cells": 1, "nodes": 2, "rnn_nodes": 2},
    "readme-darts": {"channels": 2, "cells": 3, "nodes": 2, "rnn_nodes": 2},
}
BASELINES = ["deepsea", "danq", "ncnet-rr", "ncnet-brr", "lstm", "deepvirfinder"]
# Positions of the highway cell in the published network, of a window of 1000 bases.
POSITIONS = 42


def edges(sizes):
    """The decisions of a genomeNAS space with the options of each."""
    for kind in ("normal", "reduction"):
        for node in range(sizes["nodes"]):
            for source in range(node + 2):
                yield f"{kind}.{node}.{source}", OPERATIONS
    for node in range(sizes["rnn_nodes"]):
        for source in range(node + 1):
            yield f"rnn.{node}.{source}", ACTIVATIONS


def options(sizes, left):
    """Options left on each edge, drawn once and for all; in the order of the space."""
    of_cells, of_rnn = left
    draws, drawn = random.Random(1), {}
    for edge, names in edges(sizes):
        count = of_rnn if edge.startswith("rnn.") else of_cells
        # With something that a final network may have.
        kept = set(draws.sample(names, count))
        while kept == {"none"}:
            kept = set(draws.sample(names, count))
        drawn[edge] = [name for name in names if name in kept]
    return drawn


def selection(sizes):
    """An architecture, drawn once and for all: two edges a node of a convolutional cell, one of the highway cell."""
    draws, chosen = random.Random(2), {}
    for kind in ("normal", "reduction"):
        for node in range(sizes["nodes"]):
            for source in draws.sample(range(node + 2), 2):
                chosen[f"{kind}.{node}.{source}"] = draws.choice(OPERATIONS[1:])
    for node in range(sizes["rnn_nodes"]):
        chosen[f"rnn.{node}.{draws.randrange(node + 1)}"] = draws.choice(ACTIVATIONS[1:])
    return chosen


def network(kind, name, work, threads, batch, length, labels, sizes, **more):
    """A row of a genomeNAS network."""
    sizes = {**PUBLISHED, **sizes}
    row = {"kind": kind, "work": work, "batch": batch, "length": length, "labels": labels, "sizes": sizes, **more}
    return {"name": f"{name}/b{batch}/l{length}/t{threads}", "threads": threads, "row": row}


def supernet(stage, work, threads, batch=16, length=1000, labels=919, sizes=None, order=1, name=None):
    sizes = {**PUBLISHED, **(sizes or {})}
    left = options(sizes, STAGES[stage])
    told = {"weights": "weights", "alphas": f"alphas{order}"}[work]
    name = f"{name or 'supernet/' + stage}/{told}"
    row = network("supernet", name, work, threads, batch, length, labels, sizes, mask=left, order=order)
    return {**row, "options": left}


def final(work, threads, batch=16, length=1000, labels=919, sizes=None, name="final"):
    sizes = {**PUBLISHED, **(sizes or {})}
    name = f"{name}/{'step' if work == 'weights' else work}"
    return network("final", name, work, threads, batch, length, labels, sizes, selection=selection(sizes))


def cell(form, hidden, threads, batch=16, stage="full", work="weights"):
    """A highway cell alone; with the dropout that genomeNAS has for it in this form."""
    searched = {"input_dropout": 0.75, "hidden_dropout": 0.25} if form == "search" else {}
    sizes = {**PUBLISHED, **searched}
    row = {"kind": "cell", "work": work, "batch": batch, "length": POSITIONS, "sizes": sizes, "hidden": hidden}
    name = form if stage == "full" else f"{form}-{stage}"
    name = name if work == "weights" else f"{name}-{work}"
    made = {"name": f"cell/{name}/h{hidden}/b{batch}/t{threads}", "threads": threads, "row": row}
    if form == "final":
        row["selection"] = {k: v for k, v in selection(sizes).items() if k.startswith("rnn.")}
        return made
    left = {k: v for k, v in options(sizes, STAGES[stage]).items() if k.startswith("rnn.")}
    row["mask"] = left
    return {**made, "options": left}


def baseline(which, threads, batch=64, length=1000, labels=919, work="weights", sizes=None):
    row = {
        "kind": "baseline",
        "baseline": which,
        "work": work,
        "batch": batch,
        "length": length,
        "labels": labels,
        "sizes": sizes or {},
    }
    told = "step" if work == "weights" else work
    return {"name": f"baseline/{which}/{told}/b{batch}/l{length}/t{threads}", "threads": threads, "row": row}


def part(work, rows, threads=1, with_peer=True):
    """A part of the program that is not a network."""
    row = {"kind": "part", "work": work, "rows": rows, "length": 1000, "labels": 919, "batch": 64}
    return {"name": f"{work}/{rows} rows/t{threads}", "threads": threads, "row": row, "alone": not with_peer}


def every():
    """Every row, in the order of the table."""
    for threads in (1, 2):
        for stage in STAGES:
            for batch in (1, 16, 64) if stage == "full" else (16,):
                if batch > 1:  # A supernet normalises over a batch.
                    yield supernet(stage, "weights", threads, batch)
            yield supernet(stage, "alphas", threads)
        yield supernet("full", "alphas", threads, order=2)
        yield supernet("full", "weights", threads, length=200)
        for batch in (1, 16, 64):
            for work in ("weights", "score"):
                yield final(work, threads, batch)
        yield final("weights", threads, length=200)
        for form in ("search", "final"):
            for hidden in (32, 128, 512):
                for batch in (1, 16, 64):
                    if form == "final" or batch > 1:
                        yield cell(form, hidden, threads, batch)
        for stage in ("stage2", "stage3"):
            yield cell("search", 512, threads, stage=stage)
        yield cell("search", 512, threads, work="alphas")
        for which in BASELINES:
            for batch in (1, 16, 64):
                yield baseline(which, threads, batch)
            yield baseline(which, threads, length=200)
            yield baseline(which, threads, work="score")
        for space, sizes in SMALL.items():
            yield supernet("full", "weights", threads, 16, 200, 4, sizes, name=f"small/{space}")
            yield final("weights", threads, 64, 200, 4, sizes, name=f"small/{space}/final")
    yield part("load", 4000)
    yield part("open", 4000, with_peer=False)


STANDARD = {
    *(f"supernet/full/weights/b16/l1000/t{t}" for t in (1, 2)),
    "supernet/full/alphas1/b16/l1000/t2",
    "supernet/full/alphas2/b16/l1000/t2",
    "supernet/stage2/weights/b16/l1000/t2",
    "supernet/stage3/weights/b16/l1000/t2",
    *(f"final/{work}/b16/l1000/t{t}" for work in ("step", "score") for t in (1, 2)),
    *(f"cell/{form}/h{h}/b16/t{t}" for form in ("search", "final") for h in (32, 128, 512) for t in (1, 2)),
    *(f"baseline/{which}/step/b64/l1000/t2" for which in BASELINES),
    *(f"baseline/{which}/step/b64/l1000/t1" for which in ("deepsea", "danq")),
    *(f"small/{space}/weights/b16/l200/t1" for space in SMALL),
    *(f"small/{space}/final/step/b64/l200/t1" for space in SMALL),
    "load/4000 rows/t1",
    "open/4000 rows/t1",
}


def chosen(patterns):
    """The standard rows, or those whose name holds one of the patterns."""
    rows = list(every())
    if not patterns:
        return [row for row in rows if row["name"] in STANDARD]
    return [row for row in rows if any(pattern in row["name"] for pattern in patterns)]


def on(device, rows):
    """The rows of networks on this device; parts of the program have none to choose."""
    for row in rows:
        if row["row"]["kind"] != "part":
            yield {**row, "name": f"{row['name']}/{device}", "row": {**row["row"], "device": device}}


def hint(pattern, groups):
    """Names and parts of names that are like a pattern that no row has, in words."""
    names = [*(row["name"] for row in every()), *groups]
    parts = {part for name in names for part in name.split("/")} | {name.rsplit("/", 1)[0] for name in names}
    near = difflib.get_close_matches(pattern, sorted({*names, *parts}), n=3, cutoff=0.5)
    return f": did you mean {' or '.join(near)}?" if near else ""


def smoke():
    """Every kind of row once, at sizes that take no time."""
    tiny = {"channels": 2, "nodes": 2, "rnn_nodes": 3, "decoder_features": 8}
    yield supernet("full", "weights", 1, 16, 100, 3, tiny)
    yield supernet("stage2", "alphas", 1, 16, 100, 3, tiny)
    yield supernet("stage3", "alphas", 1, 16, 100, 3, tiny, order=2)
    for work in ("weights", "score"):
        yield final(work, 1, 16, 100, 3, tiny)
    for form in ("search", "final"):
        yield cell(form, 16, 1, 16)
    yield cell("search", 16, 1, 16, "stage3", work="alphas")
    for which in BASELINES:
        sizes = {"hidden": 8} if which == "lstm" else {"width": 0.02}
        yield baseline(which, 1, 4, 200, 3, sizes=sizes)
    yield part("load", 128)
    yield part("open", 128, with_peer=False)
