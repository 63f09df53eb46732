"""Whether both sides compute the same, before anything is timed: outputs, gradients, and the weights after one step."""

import tempfile
from pathlib import Path

# The largest difference, relative to the largest value.
MOST = 1e-4
# Of the gradient of the alphas after an unrolled step, and of what the step makes of it: they are a difference of two
# gradients over a distance of 0.01, so rounding counts a hundred times as much.
MOST_UNROLLED = 1e-2


def check(row, worker, other, folder=None):
    """The errors of a row by kind; raises `Failed` of `sides` where a side cannot."""
    asked = {**row["row"], "dropout": False, "plain": True}
    options = row.get("options")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        file = lambda name: str(Path(place) / name)
        files = {"before": file("before")}
        worker.ask("build", row=asked)
        worker.ask("write", path=files["before"], parts=["weights", "batches", "outputs"])
        plan = None
        if asked["kind"] != "cell":
            if asked["work"] != "score":
                worker.run(1)
                files["gradients"] = file("gradients")
                worker.ask("write", path=files["gradients"], parts=["moments"])
            asked = {**asked, "plain": False}
            plan = worker.ask("build", row=asked)["plan"]
            if asked["work"] != "score":
                worker.run(1)
                files["after"] = file("after")
                worker.ask("write", path=files["after"], parts=["weights"])
        other.ask("build", row=asked, options=options, plan=plan)
        return other.ask("check", files=files)["errors"]


def faults(row, errors):
    """What is apart too far."""
    unrolled = row["row"].get("order") == 2
    most = lambda kind: MOST_UNROLLED if unrolled and kind in ("gradients", "a step") else MOST
    return [
        f"{row['name']}: {kind} are apart by {of['error']:.1e} of the largest value{' in ' * bool(of['name'])}{of['name']}"
        for kind, of in errors.items()
        if not of["error"] <= most(kind)
    ]
