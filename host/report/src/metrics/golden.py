"""Writes the numbers in `golden.json` that tests compare with: what scikit-learn and SciPy say of random, tied and
degenerate inputs.

    python -m venv venv && venv/bin/pip install scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
    venv/bin/python golden.py > golden.json

Scores are numbers that float32 holds exactly. "undefined" names what genomenas leaves out where scikit-learn gives a
number that stands for nothing.
"""

import json
import math
import sys
import warnings

import numpy as np
from scipy import stats
from sklearn import metrics as m

warnings.simplefilter("ignore")
random = np.random.default_rng(11)


def plain(value):
    value = float(value)
    return None if math.isnan(value) else value


def of_label(name, scores, truth, threshold=None):
    """One label, decided at 0.5 and at the threshold; the best threshold's F1 by trying every score."""
    scores, truth = np.asarray(scores, np.float32), np.asarray(truth, int)
    threshold = 0.25 if threshold is None else threshold
    found = {
        "auroc": m.roc_auc_score(truth, scores) if 0 < truth.sum() < len(truth) else math.nan,
        "auprc": m.average_precision_score(truth, scores),
        "f1": m.f1_score(truth, scores > 0.5, zero_division=0),
        "mcc": m.matthews_corrcoef(truth, scores > 0.5),
        "f1_at_threshold": m.f1_score(truth, scores > threshold, zero_division=0),
        "mcc_at_threshold": m.matthews_corrcoef(truth, scores > threshold),
        "best_f1": max(m.f1_score(truth, scores >= score, zero_division=0) for score in np.unique(scores)[:400]),
    }
    both = 0 < truth.sum() < len(truth)
    undefined = [] if both else ["auroc", "mcc", "mcc_at_threshold"]
    undefined += [] if truth.sum() else ["auprc", "f1", "f1_at_threshold", "best_f1"]
    return {
        "name": name,
        "threshold": threshold,
        "scores": [float(score) for score in scores],
        "truth": [int(value) for value in truth],
        "expected": {key: plain(value) for key, value in found.items()},
        "undefined": undefined,
    }


def eighths(count, top=8):
    return random.integers(0, top + 1, count) / 8


labels = [
    of_label("random", random.integers(0, 1 << 20, 60) / (1 << 20), random.random(60) < 0.3),
    of_label("random, rare", random.integers(0, 1 << 20, 60) / (1 << 20), np.arange(60) == 17),
    of_label("tied", eighths(60), random.random(60) < 0.4),
    of_label("tied, with the threshold on a score", eighths(60), random.random(60) < 0.4, 0.375),
    of_label("two scores", eighths(40, 1), random.random(40) < 0.5),
    of_label("constant", [0.25] * 7, [1, 0, 0, 1, 0, 0, 0]),
    of_label("constant above both thresholds", [0.75] * 5, [1, 0, 0, 1, 0]),
    of_label("perfect", [0.125, 0.25, 0.75, 0.875], [0, 0, 1, 1]),
    of_label("inverted", [0.875, 0.75, 0.25, 0.125], [0, 0, 1, 1]),
    of_label("exactly at 0.5", [0.5, 0.5, 0.5009765625, 0.125], [1, 0, 1, 0]),
    of_label("both zeros", [0.0, -0.0, 0.0, -0.0, 0.25], [1, 0, 0, 1, 0]),
    of_label("one positive, last", [0.625, 0.5, 0.375, 0.25, 0.25, 0.125], [0, 0, 0, 0, 0, 1]),
    of_label("negative and large scores", [-3.0, 2e6, -1e30, 0.0, 7.5], [0, 1, 0, 1, 1]),
    of_label("no positive", [0.125, 0.75, 0.5], [0, 0, 0]),
    of_label("no positive and none decided", [0.125, 0.25], [0, 0]),
    of_label("no negative", [0.125, 0.75, 0.5], [1, 1, 1]),
    of_label("one row", [0.75], [1]),
]


def large(steps):
    """The rows of the test of the same name."""
    row = np.arange(5000, dtype=np.uint64)
    step = lambda state: (state * np.uint64(1_103_515_245) + np.uint64(12_345)) % np.uint64(1 << 31)
    at = step(step(row)) // np.uint64((1 << 31) // steps)
    hashed = (row * np.uint64(2_654_435_761) % np.uint64(1 << 32)) >> np.uint64(16)
    truth = hashed < at * np.uint64(65_536 // steps) // np.uint64(5)
    return (at / steps).astype(np.float32), truth


large_labels = []
for steps in (65_536, 16):
    label = of_label(f"{steps} steps", *large(steps))
    large_labels.append({"steps": steps, **{key: label[key] for key in ("threshold", "expected", "undefined")}})

# Averages over labels that are all defined.
scores = eighths((50, 5))
truth = (random.random((50, 5)) < [0.1, 0.3, 0.5, 0.7, 0.9]).astype(int)
truth[0], truth[1] = 0, 1
of = {
    "auroc": lambda average: m.roc_auc_score(truth, scores, average=average),
    "auprc": lambda average: m.average_precision_score(truth, scores, average=average),
    "f1": lambda average: m.f1_score(truth, scores > 0.5, average=average),
}
averages = {
    "labels": 5,
    "scores": scores.ravel().tolist(),
    "truth": truth.ravel().tolist(),
    "expected": {
        key: {
            "mean": plain(function("macro")),
            "weighted": plain(function("weighted")),
            "median": plain(np.median(function(None))),
        }
        for key, function in of.items()
    },
}


def of_classes(name, scores, classes):
    scores, classes = np.asarray(scores, np.float32), np.asarray(classes)
    chosen = scores.argmax(1)
    one = lambda function: [plain(function(classes == k, scores[:, k], chosen == k)) for k in range(scores.shape[1])]
    present = sorted(set(classes.tolist()))
    both = lambda truth: 0 < truth.sum() < len(truth)
    return {
        "name": name,
        "scores": [float(score) for score in scores.ravel()],
        "classes": classes.tolist(),
        "expected": {
            "auroc": one(lambda t, s, d: m.roc_auc_score(t, s) if both(t) else math.nan),
            "auprc": one(lambda t, s, d: m.average_precision_score(t, s) if t.any() else math.nan),
            "f1": one(lambda t, s, d: m.f1_score(t, d, zero_division=0) if t.any() else math.nan),
            "mcc": one(lambda t, s, d: m.matthews_corrcoef(t, d) if both(t) else math.nan),
        },
        "accuracy": m.accuracy_score(classes, chosen),
        "balanced_accuracy": m.balanced_accuracy_score(classes, chosen),
        "class_mcc": plain(m.matthews_corrcoef(classes, chosen)) if len(present) > 1 else None,
        "macro_f1": m.f1_score(classes, chosen, labels=present, average="macro", zero_division=0),
    }


classes = [
    of_classes("random", random.integers(0, 1 << 16, (40, 4)) / (1 << 16), random.integers(0, 4, 40)),
    of_classes("tied", eighths((40, 3), 3), random.integers(0, 3, 40)),
    of_classes("a class that never occurs", eighths((30, 4)), random.integers(0, 3, 30)),
    of_classes("one class only", eighths((10, 3)), [1] * 10),
    of_classes("always the same decision", [[0.5, 0.25, 0.25]] * 12, [0, 1, 2] * 4),
    of_classes("perfect", np.eye(3)[[0, 1, 2, 2, 1]], [0, 1, 2, 2, 1]),
]


def of_values(name, predicted, truth):
    predicted, truth = np.asarray(predicted, np.float32), np.asarray(truth, np.float32)
    wide, target = predicted.astype(float), truth.astype(float)
    varies = len(set(wide.tolist())) > 1 and len(set(target.tolist())) > 1
    return {
        "name": name,
        "predicted": [float(value) for value in predicted],
        "truth": [float(value) for value in truth],
        "expected": {
            "pearson": plain(stats.pearsonr(wide, target).statistic) if varies else None,
            "spearman": plain(stats.spearmanr(wide, target).statistic) if varies else None,
            "r2": m.r2_score(target, wide) if len(set(target.tolist())) > 1 else None,
            "mse": m.mean_squared_error(target, wide),
        },
    }


noise = random.normal(size=50)
values = [
    of_values("random", noise + random.normal(size=50), noise),
    of_values("tied", eighths(50), eighths(50)),
    of_values("far from zero", 4096 + eighths(50), 4096 + eighths(50)),
    of_values("perfect", [1, 2, 4, 8], [1, 2, 4, 8]),
    of_values("inverted", [8, 4, 2, 1], [1, 2, 4, 8]),
    of_values("a constant prediction", [0.25] * 5, [1, 2, 3, 4, 5]),
    of_values("a constant truth", [1, 2, 3], [0.25] * 3),
    of_values("both constant and equal", [0.25] * 3, [0.25] * 3),
    of_values("one row", [0.5], [0.25]),
]

json.dump(
    {"labels": labels, "large": large_labels, "averages": averages, "classes": classes, "values": values},
    sys.stdout,
    separators=(",", ":"),
)
print()
