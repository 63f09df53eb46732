"""Logistic regression of scikit-learn on a table of sequences, as the controls do it.

Arguments: the table (columns sequence, label 0 or 1, split), then `bases`, or `kmers K one|both`. Prints the AUROC on the
test split for the strength of the penalty with the lowest loss on the validation split.
"""

import csv
import sys

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

COMPLEMENT = str.maketrans("ACGT", "TGCA")


def bases(sequences):
    length = len(sequences[0])
    at = [(row, 4 * place + "ACGT".index(base)) for row, sequence in enumerate(sequences) for place, base in enumerate(sequence) if base in "ACGT"]
    return matrix(at, len(sequences), 4 * length)


def kmers(sequences, k, both):
    words, at = {}, []
    for row, sequence in enumerate(sequences):
        for place in range(len(sequence) - k + 1):
            word = sequence[place : place + k]
            if set(word) <= set("ACGT"):
                if both:
                    word = min(word, word.translate(COMPLEMENT)[::-1])
                at.append((row, words.setdefault(word, len(words))))
    return matrix(at, len(sequences), len(words))


def matrix(at, rows, columns):
    row, column = zip(*at)
    return sparse.csr_matrix((np.ones(len(at)), (row, column)), shape=(rows, columns))


with open(sys.argv[1], newline="") as table:
    rows = list(csv.DictReader(table, delimiter="\t"))
sequences = [row["sequence"] for row in rows]
values = bases(sequences) if sys.argv[2] == "bases" else kmers(sequences, int(sys.argv[3]), sys.argv[4] == "both")
labels = np.array([int(row["label"]) for row in rows])
train, valid, test = (np.array([row["split"] == split for row in rows]) for split in ("train", "valid", "test"))
best = None
for strength in (10, 3, 1, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5):
    model = LogisticRegression(C=1 / (strength * train.sum()), max_iter=5000, tol=1e-6)
    model.fit(values[train], labels[train])
    loss = log_loss(labels[valid], model.predict_proba(values[valid])[:, 1])
    if best is None or loss < best[0]:
        best = (loss, roc_auc_score(labels[test], model.decision_function(values[test])))
print(best[1])
