"""Whether both sides compute the same, before anything is timed: outputs, gradients, and the weights after one step."""

import tempfile
from pathlib import Path

# The largest difference, relative to the largest value.
MOST = 1e-4
# Of the gradient of the alphas after an unrolled step, and of what the step makes of it: they are a difference of two
# gradients over a distance of 0.01, so rounding counts a hundred times as much.
MOST_UNROLLED = 1e-2


# A value within rounding of 0 before a ReLU, or two equal ones in a maximum, have another gradient in single precision
# than in double. So a row may be compared for so many draws of its weights, and must agree for one.
DRAWS = 3


def compared(row):
    """The row at the sizes at which both sides are compared: without dropout, which is drawn, and so small that
    rounding stays below what is allowed (README.md)."""
    asked = {**row["row"], "dropout": False}
    if asked["kind"] in ("supernet", "final"):
        sizes = asked["sizes"]
        narrow = {name: min(sizes[name], most) for name, most in [("channels", 2), ("decoder_features", 64)]}
        asked = {**asked, "sizes": {**sizes, **narrow}, "length": min(asked["length"], 200), "batch": 16}
    elif asked["kind"] == "cell":
        asked = {**asked, "batch": 64, "hidden": min(asked["hidden"], 128)}
    elif asked["baseline"].startswith("ncnet") and asked["work"] == "weights":
        asked = {**asked, "length": min(asked["length"], 100), "batch": min(asked["batch"], 2)}
    else:
        asked["batch"] = min(asked["batch"], 16)
    return asked


def check(row, worker, other, folder=None):
    """The errors of a row by kind, of the first draw that agrees, or of the last; raises `Failed` of `sides` where a
    side cannot."""
    for seed in range(DRAWS):
        errors = of_draw({**compared(row), "seed": seed}, row.get("options"), worker, other, folder)
        if not faults(row, errors):
            break
    return errors


def of_draw(asked, options, worker, other, folder):
    with tempfile.TemporaryDirectory(dir=folder) as place:

        def file(name):
            return str(Path(place) / name)

        files = {"before": file("before")}
        worker.ask("build", row={**asked, "plain": True})
        worker.ask("write", path=files["before"], parts=["weights", "batches", "outputs"])
        plan = None
        if asked["kind"] != "cell":
            if asked["work"] != "score":
                worker.run(1)
                files["gradients"] = file("gradients")
                worker.ask("write", path=files["gradients"], parts=["moments"])
            plan = worker.ask("build", row=asked)["plan"]
            if asked["work"] != "score":
                worker.run(1)
                files["after"] = file("after")
                worker.ask("write", path=files["after"], parts=["weights"])
        # In double precision, for which no device is quick.
        other.ask("build", row={**asked, "device": "cpu"}, options=options, plan=plan)
        return other.ask("check", files=files)["errors"]


def faults(row, errors):
    """What is apart too far."""
    unrolled = row["row"].get("order") == 2
    wrong = []
    for kind, of in errors.items():
        most = MOST_UNROLLED if unrolled and kind in ("gradients", "a step") else MOST
        if not of["error"] <= most:
            where = f" in {of['name']}" if of["name"] else ""
            wrong.append(f"{row['name']}: {kind} are apart by {of['error']:.1e} of the largest value{where}")
    return wrong
