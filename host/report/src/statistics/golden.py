"""Writes the numbers in `golden.json` that tests compare with: what SciPy says of random, tied and small samples.

    python -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1
    venv/bin/python golden.py > golden.json
    venv/bin/python golden.py --check     compares golden.json with what SciPy says now, to 1e-9; `make test` does

Values are numbers of eighths or of 2^-20, which every reader holds exactly.
"""

import json
import math
import pathlib
import sys

import numpy as np
from scipy import stats

random = np.random.default_rng(12)
ALL_SIGNS = stats.PermutationMethod(n_resamples=math.inf)


def fine(count, shift=0.0):
    return [float(value) / (1 << 20) + shift for value in random.integers(-(1 << 20), 1 << 20, count)]


def eighths(count, low=-6, high=9):
    return [float(value) / 8 for value in random.integers(low, high, count)]


def of_differences(name, differences):
    d = np.asarray(differences)
    d_of_signs = d[d != 0]
    found = {"name": name, "differences": list(map(float, d))}
    if len(d_of_signs) == 0:
        found["wilcoxon"] = None
    elif len(d_of_signs) > 50:
        test = stats.wilcoxon(d_of_signs, method="asymptotic", correction=False)
        found["wilcoxon"] = {"statistic": test.statistic, "p": test.pvalue, "exact": False}
    else:
        tied = len(np.unique(np.abs(d_of_signs))) < len(d_of_signs)
        # With ties SciPy's exact distribution is that of other ranks; counting out all signs is exact.
        test = stats.wilcoxon(d_of_signs, method=ALL_SIGNS if tied else "exact")
        found["wilcoxon"] = {"statistic": test.statistic, "p": test.pvalue, "exact": True}
    if 2 <= len(d) <= 14:
        found["permutation"] = stats.permutation_test(
            (d,), np.mean, permutation_type="samples", n_resamples=math.inf
        ).pvalue
    deviation = d.std(ddof=1) if len(d) > 1 else 0.0
    found["cohens_d"] = float(d.mean() / deviation) if deviation > 0 else None
    return found


def of_blocks(name, blocks):
    columns = np.asarray(blocks).T
    test = stats.friedmanchisquare(*columns)
    return {"name": name, "blocks": blocks, "statistic": test.statistic, "p": test.pvalue}


def of_pairs(name, pairs):
    left, right = zip(*pairs)
    return {
        "name": name,
        "pairs": [list(pair) for pair in pairs],
        "kendall": stats.kendalltau(left, right).statistic,
        "spearman": stats.spearmanr(left, right).statistic,
    }


def of_two(name, left, right):
    above = stats.mannwhitneyu(left, right).statistic / (len(left) * len(right))
    return {"name": name, "left": left, "right": right, "vargha_delaney": above, "cliffs_delta": 2 * above - 1}


def holm(chances):
    """By the definition: the largest of p times what is left, over all that are as small or smaller."""
    order = sorted(range(len(chances)), key=chances.__getitem__)
    found = [0.0] * len(chances)
    for place, at in enumerate(order):
        found[at] = min(1.0, max((len(order) - i) * chances[order[i]] for i in range(place + 1)))
    return found


golden = {
    "differences": [
        of_differences("three", fine(3, 0.4)),
        of_differences("one", [0.25]),
        of_differences("all positive", [0.125, 0.25, 0.5, 0.75, 1.0, 1.25]),
        of_differences("random", fine(12)),
        of_differences("shifted", fine(14, 0.3)),
        of_differences("tied", eighths(12)),
        of_differences("tied, with zeros", eighths(14, -3, 4) + [0.0, 0.0]),
        of_differences("zeros", [0.0, 0.0, 0.0]),
        of_differences("fifty", fine(50, 0.1)),
        of_differences("sixty", fine(60, 0.2)),
        of_differences("sixty, tied", eighths(60) + [0.0]),
    ],
    "blocks": [
        of_blocks("random", [fine(5) for _ in range(12)]),
        of_blocks("one ahead", [[*fine(3), 3.0] for _ in range(6)]),
        of_blocks("tied", [eighths(4, 0, 3) for _ in range(15)]),
        of_blocks("two blocks", [fine(3), fine(3)]),
    ],
    "studentized_range": [
        {
            "k": k,
            "q": q,
            "above": stats.studentized_range.sf(q, k, math.inf),
            "exceeded_at_5_percent": stats.studentized_range.isf(0.05, k, math.inf),
        }
        for k in (2, 3, 5, 10, 20)
        for q in (0.5, 2.0, 3.5, 5.0)
    ],
    "student": [
        {"t": t, "degrees": degrees, "two_sided": 2 * stats.t.sf(t, degrees), "beyond_5_percent": stats.t.isf(0.025, degrees)}
        for degrees in (1.0, 2.0, 3.7, 12.5, 250.0)
        for t in (0.1, 1.9, 6.5)
    ],
    "pairs": [
        of_pairs("random", list(zip(fine(20), fine(20)))),
        of_pairs("tied", list(zip(eighths(30), eighths(30)))),
        of_pairs("three", [(0.5, 0.25), (0.75, 0.5), (1.0, 0.375)]),
    ],
    "two": [
        of_two("random", fine(5, 0.2), fine(7)),
        of_two("tied", eighths(6), eighths(4)),
        of_two("apart", [1.0, 2.0], [0.0, 0.5, 0.25]),
    ],
    "holm": [
        {"chances": chances, "corrected": holm(chances)}
        for chances in ([0.01, 0.04, 0.03, 0.005], [0.5, 0.9], [0.02, 0.02, 0.02], [1.0], [])
    ],
}


def plain(value):
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    if isinstance(value, (np.floating, float)):
        return float(value)
    return value


def differ(path, here, there):
    if isinstance(here, dict) and isinstance(there, dict) and here.keys() == there.keys():
        return [text for key in here for text in differ(f"{path}.{key}", here[key], there[key])]
    if isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
        return [text for at, (one, other) in enumerate(zip(here, there)) for text in differ(f"{path}[{at}]", one, other)]
    if isinstance(here, float) and isinstance(there, (float, int)):
        return [] if math.isclose(here, there, rel_tol=1e-9, abs_tol=1e-9) else [f"{path}: {there} is not {here}"]
    return [] if here == there else [f"{path}: {there} is not {here}"]


if sys.argv[1:] == ["--check"]:
    found = differ("golden", plain(golden), json.loads(pathlib.Path(__file__).with_name("golden.json").read_text()))
    sys.exit("\n".join(found) or None)
print(json.dumps(plain(golden), indent=1))
