"""The other side of `metrics.rs`: measures labels with scikit-learn, once for each line on standard input.

Arguments: a file with the scores (float32, label by label) and then the truth (one byte each), rows, labels, processes.
Answers each line with the seconds it took and the sums over labels of AUROC, average precision, F1 and MCC.
"""

import sys
import time
from multiprocessing import get_context

import numpy as np
from sklearn import metrics

path, rows, labels, processes = sys.argv[1], *map(int, sys.argv[2:])
scores = np.fromfile(path, np.float32, rows * labels).reshape(labels, rows)
truth = np.fromfile(path, np.uint8, offset=4 * rows * labels).reshape(labels, rows)


def measure(label):
    of, by = truth[label], scores[label]
    decided = (by > 0.5).astype(np.uint8)
    return (
        metrics.roc_auc_score(of, by),
        metrics.average_precision_score(of, by),
        metrics.f1_score(of, decided),
        metrics.matthews_corrcoef(of, decided),
    )


if __name__ == "__main__":
    # The processes share these arrays' memory, so nothing is copied to them while the clock runs.
    with get_context("fork").Pool(processes) as pool:
        pool.map(abs, range(processes))
        print("ready", flush=True)
        for _ in sys.stdin:
            begin = time.perf_counter()
            measured = pool.map(measure, range(labels), chunksize=1)
            seconds = time.perf_counter() - begin
            print(seconds, *np.sum(measured, axis=0), flush=True)
