"""Times a row: short blocks of both sides in turn, and the median of the ratios of neighbouring blocks."""

import statistics
import time

import machine
import sides

# Seconds of a block, and the fewest and most pairs of blocks.
BLOCK = 0.5
FEWEST, MOST = 5, 41
# The fewest pairs of a row that takes longer than this, in seconds.
FEWEST_SLOW, SLOW = 3, 60.0


def quartiles(values):
    """Quartiles of values, of which there is at least one."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


def spread(values):
    low, median, high = quartiles(values)
    return {"low": low, "median": median, "high": high}


def count_for(side, seconds):
    """How often a side does its work in a block, after a first time that is not counted."""
    side.run(1)
    took = side.run(1)
    return max(1, round(seconds / max(took, 1e-6)))


def goes_on(pairs, took, seconds):
    """Whether another pair of blocks is timed, after so many, for which `seconds` are meant."""
    fewest = FEWEST if took < SLOW else FEWEST_SLOW
    return pairs < fewest or (pairs < MOST and took < seconds)


def time_row(row, worker, seconds, with_peer=True, compile_peer=False):
    """Seconds of one step on both sides, and their ratio."""
    with sides.ours(worker, row["threads"]) as own:
        told = own.ask("build", row=row["row"])
        if not with_peer or row.get("alone"):
            own_count = count_for(own, min(BLOCK, seconds / 12))
            watch = machine.Watch([own.process.pid])
            times = [own.run(own_count) / own_count for _ in range(FEWEST)]
            return {"ours": spread(times), "memory": memory(own), "others": watch.others(), **counts(row, told)}
        with sides.peer(row["threads"]) as other:
            plan, options = told.get("plan"), row.get("options")
            other.ask("build", row=row["row"], options=options, plan=plan, compile=compile_peer, path="")
            both = [own, other]
            counts_of = [count_for(side, min(BLOCK, seconds / 12)) for side in both]
            watch = machine.Watch([side.process.pid for side in both])
            times, begun = ([], []), time.monotonic()
            while goes_on(len(times[0]), time.monotonic() - begun, seconds):
                order = (0, 1) if len(times[0]) % 2 == 0 else (1, 0)
                for at in order:
                    times[at].append(both[at].run(counts_of[at]) / counts_of[at])
            ratios = [theirs / own for own, theirs in zip(*times)]
            return {
                "ours": spread(times[0]),
                "peer": spread(times[1]),
                "ratio": spread(ratios),
                "pairs": len(ratios),
                "memory": memory(own),
                "peer_memory": memory(other),
                "others": watch.others(),
                **counts(row, told),
            }


def memory(side):
    return side.ask("memory")["peak"]


def counts(row, told):
    """Samples a step, and what a pass of one costs."""
    of = {"samples": row["row"]["batch"]} if "batch" in row["row"] else {}
    return {**of, **{name: told[name] for name in ("parameters", "multiply_adds") if name in told}}
